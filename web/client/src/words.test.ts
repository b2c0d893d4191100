import { describe, expect, it } from "vitest";
import en from "../../locale/room.en.po?raw";
import id from "../../locale/room.id.po?raw";
import { readCatalogue } from "../dev/catalogue";
import { clock, day, dueDay, elapsed, initials, setWords, t } from "./words";

const CATALOGUES = { id: readCatalogue(id), en: readCatalogue(en) };
const SOURCES = import.meta.glob<string>("./**/*.ts", { query: "?raw", import: "default", eager: true });

/** Every key named in the code; what stands between ${} may be anything. */
function keysUsed(): RegExp[] {
  const found = new Set<string>();
  for (const [path, text] of Object.entries(SOURCES)) {
    if (path.includes(".test.")) continue;
    for (const [, key] of text.matchAll(/["'`]((?:room|common)\.[\w.${}()? :"'-]+?)["'`](?=[,)\s}\]])/g)) found.add(key ?? "");
  }
  return [...found].map((key) => new RegExp(`^${key.replace(/\$\{[^}]*\}/g, "\u0000").replace(/[.?()]/g, "\\$&").replaceAll("\u0000", "[\\w.-]+")}$`));
}

describe("the catalogues", () => {
  it("have the same keys and the same placeholders in both languages", () => {
    expect(Object.keys(CATALOGUES.en).sort()).toEqual(Object.keys(CATALOGUES.id).sort());
    for (const [key, text] of Object.entries(CATALOGUES.id)) {
      const names = (from: string): string[] => [...from.matchAll(/\{\w+\}/g)].map(String).sort();
      expect(names(CATALOGUES.en[key] ?? ""), key).toEqual(names(text));
      expect(text.trim(), key).not.toBe("");
    }
  });

  it("have a text for every key that the code names", () => {
    const known = Object.keys(CATALOGUES.id);
    const used = keysUsed();
    expect(used.length).toBeGreaterThan(100);
    const missing = used.filter((pattern) => !known.some((key) => pattern.test(key)));
    expect(missing.map(String)).toEqual([]);
  });
});

describe("words", () => {
  it("fill their placeholders, and an unknown key shows itself", () => {
    setWords({ "room.a": "{name} dari {count}" }, "id");
    expect(t("room.a", { name: "Siti", count: 1200 })).toBe("Siti dari 1.200");
    expect(t("room.a")).toBe("{name} dari {count}");
    expect(t("room.b")).toBe("room.b");
  });

  it("write times as the language does, in the meeting's zone", () => {
    const at = Date.UTC(2026, 10, 24, 2, 5);
    setWords({}, "id");
    expect(clock(at, "WIB")).toBe("09.05");
    expect(clock(at, "Asia/Jayapura")).toBe("11.05");
    expect(day(at, "WIB")).toBe("Selasa, 24 November 2026");
    expect(dueDay("2026-12-01")).toBe("1 Desember 2026");
    setWords({}, "en");
    expect(clock(at, "WITA")).toBe("10:05");
    expect(dueDay("segera")).toBe("segera");
  });

  it("count elapsed time as a clock does", () => {
    expect(elapsed(0)).toBe("0:00");
    expect(elapsed(65_999)).toBe("1:05");
    expect(elapsed(3_727_000)).toBe("1:02:07");
    expect(elapsed(-5)).toBe("0:00");
  });

  it("take initials from the name and not from titles", () => {
    expect(initials("Drs. H. Bambang Sutrisno, M.M.")).toBe("BS");
    expect(initials("Iqbal")).toBe("I");
    expect(initials("")).toBe("");
  });
});
