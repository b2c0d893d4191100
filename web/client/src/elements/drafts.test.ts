import { describe, expect, it } from "vitest";
import { draftOf, failed, heard, isDue, saved, sending, settle, typed } from "./drafts";

const notes = (version: number, text: string) => ({ itemId: "i", version, text });

describe("a draft of notes", () => {
  it("is saved when the version comes before the answer, and when it comes after", () => {
    const sent = sending(typed(draftOf("i", undefined), "satu"));
    expect(saved(heard(sent, notes(1, "satu")))).toMatchObject({ saving: "clean", base: 1, text: "satu" });
    expect(heard(saved(sent), notes(1, "satu"))).toMatchObject({ saving: "clean", base: 1, text: "satu" });
  });

  it("keeps what was typed while it was being saved, and saves that next", () => {
    const later = typed(sending(typed(draftOf("i", undefined), "satu")), "satu dua");
    const known = saved(heard(later, notes(1, "satu")));
    expect(known).toMatchObject({ saving: "dirty", base: 1, text: "satu dua" });
    expect(isDue(known)).toBe(true);
  });

  it("follows the other writer as long as nothing was typed here", () => {
    expect(heard(draftOf("i", notes(1, "a")), notes(2, "b"))).toMatchObject({ text: "b", base: 2, saving: "clean" });
  });

  it("keeps both texts when two wrote at once", () => {
    const both = heard(typed(draftOf("i", notes(1, "a")), "milik saya"), notes(2, "milik lain"));
    expect(both).toMatchObject({ saving: "conflict", text: "milik saya", theirs: "milik lain", base: 2 });
    expect(isDue(both)).toBe(false);
    expect(typed(both, "milik saya juga")).toMatchObject({ saving: "conflict", text: "milik saya juga" });
    expect(settle(both, "own")).toMatchObject({ text: "milik saya", saving: "dirty", base: 2 });
    expect(settle(both, "theirs")).toMatchObject({ text: "milik lain", saving: "clean", base: 2 });
    expect(settle(both, "both").text).toBe("milik lain\n\nmilik saya");
  });

  it("loses nothing when saving fails", () => {
    const lost = failed(sending(typed(draftOf("i", undefined), "satu")), "Sambungan terputus.");
    expect(lost).toMatchObject({ text: "satu", saving: "failed", why: "Sambungan terputus." });
    expect(isDue(lost)).toBe(true);
  });

  it("is a conflict whether the refusal or the other text comes first", () => {
    const sent = sending(typed(draftOf("i", notes(1, "a")), "b"));
    expect(failed(heard(sent, notes(2, "c")), "berubah")).toMatchObject({ saving: "conflict", theirs: "c", text: "b" });
    expect(heard(failed(sent, "berubah"), notes(2, "c"))).toMatchObject({ saving: "conflict", theirs: "c", text: "b" });
  });

  it("tries again by itself when what was refused turns out to follow on one's own text", () => {
    const again = sending(typed(saved(sending(typed(draftOf("i", undefined), "a"))), "ab"));
    const refused = failed({ ...again, sent: "a" }, "berubah");
    expect(heard(refused, notes(1, "a"))).toMatchObject({ saving: "dirty", base: 1, text: "ab" });
  });

  it("does not take an old version for news", () => {
    const draft = typed(draftOf("i", notes(3, "c")), "cd");
    expect(heard(draft, notes(2, "b"))).toBe(draft);
  });
});
