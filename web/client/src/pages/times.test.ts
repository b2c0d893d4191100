import { expect, it } from "vitest";
import { countdown } from "./times";

it("counts down the last hour before a meeting, then says that it is on", () => {
  document.body.innerHTML = `<time data-countdown datetime="2026-11-24T02:00:00Z" data-soon="{minutes} menit lagi" data-now="Sedang berlangsung">09.00 WIB</time>`;
  const time = document.querySelector("time") as HTMLElement;
  const at = (iso: string): string => countdown(time, Date.parse(iso));
  expect(at("2026-11-24T00:00:00Z")).toBe("09.00 WIB");
  expect(at("2026-11-24T01:50:30Z")).toBe("10 menit lagi");
  expect(at("2026-11-24T01:59:59Z")).toBe("1 menit lagi");
  expect(at("2026-11-24T02:00:00Z")).toBe("Sedang berlangsung");
});
