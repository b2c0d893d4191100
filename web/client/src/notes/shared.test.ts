// Several writers on lines that drop: all end with the same text, and nothing stands there twice.
import { beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { LineOfNotes, type WireNotes } from "../room/notes-line";
import { safeLink } from "./schema";
import { matches } from "./menu";
import { SharedNotes } from "./shared";

class Server {
  doc = new Y.Doc();
  lines: Line[] = [];
  writable = true;
  refuses = "";

  tell(from: Line, notes: Partial<WireNotes>): void {
    for (const one of this.lines) if (one !== from && one.up) one.line.written({ item_id: "i1", updates: [], cursors: [], stale: false, ...notes });
  }
}

class Line {
  up = true;
  loses = false; // the answer to the next update
  asked: string[] = [];
  line: LineOfNotes;
  notes: SharedNotes;

  constructor(readonly server: Server, meeting: string) {
    this.line = new LineOfNotes((payload) => this.ask(payload), () => this.up);
    server.lines.push(this);
    this.notes = new SharedNotes(this.line, meeting, "i1");
  }

  async ask(payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.asked.push(String(payload["type"]));
    if (!this.up) throw { code: "connection.lost", text: "Terputus" };
    if (payload["type"] === "open") {
      const state = payload["state"] as Uint8Array;
      return { update: Y.encodeStateAsUpdate(this.server.doc, state), state: Y.encodeStateVector(this.server.doc), writable: this.server.writable, cursors: [] };
    }
    if (payload["type"] === "update") {
      if (this.server.refuses) throw { code: this.server.refuses, text: "Tidak dapat." };
      const update = payload["update"] as Uint8Array;
      Y.applyUpdate(this.server.doc, update);
      this.server.tell(this, { updates: [update] });
      if (this.loses) {
        this.loses = false;
        this.drops();
        throw { code: "connection.lost", text: "Terputus" };
      }
    }
    return {};
  }

  drops(): void {
    this.up = false;
    this.line.lost();
  }

  returns(): void {
    this.up = true;
    this.line.opened();
  }

  types(text: string): void {
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, [new Y.XmlText(text)]);
    this.notes.fragment.push([paragraph]);
  }

  get text(): string[] {
    return this.notes.fragment.toArray().map((one) => String((one as Y.XmlElement).firstChild));
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
};

describe("shared notes", () => {
  let server: Server;
  beforeEach(() => {
    sessionStorage.clear();
    server = new Server();
  });
  const join = async (): Promise<Line> => {
    const one = new Line(server, "m1");
    one.notes.acquire();
    await settled();
    return one;
  };

  it("says when all is saved", async () => {
    const one = await join();
    expect(one.notes.standing).toBe("saved");
    one.types("Satu");
    expect(one.notes.standing).toBe("saving");
    await settled();
    expect(one.notes.standing).toBe("saved");
    expect(String((server.doc.getXmlFragment("notes").get(0) as Y.XmlElement).firstChild)).toBe("Satu");
  });

  it("merges what was written offline once, whoever wrote meanwhile", async () => {
    const [one, two] = [await join(), await join()];
    one.types("Bersama");
    await settled();
    one.drops();
    one.types("Dari yang terputus");
    expect(one.notes.standing).toBe("offline");
    two.types("Dari yang lain");
    await settled();
    one.returns();
    await settled();
    expect([...one.text].sort()).toEqual(["Bersama", "Dari yang lain", "Dari yang terputus"]);
    expect(two.text).toEqual(one.text);
    expect(one.notes.standing).toBe("saved");
  });

  it("sends again what was not acknowledged, and it stands there once", async () => {
    const [one, two] = [await join(), await join()];
    one.loses = true;
    one.types("Jawaban hilang");
    await settled();
    expect(one.notes.standing).toBe("offline");
    one.returns();
    await settled();
    expect(two.text).toEqual(["Jawaban hilang"]);
    expect(one.notes.standing).toBe("saved");
  });

  it("keeps what was not sent over a reload of the page", async () => {
    const one = await join();
    one.types("Awal");
    await settled();
    one.drops();
    one.types("Belum terkirim");
    window.dispatchEvent(new Event("pagehide"));
    server.lines = [];
    const again = await join();
    expect(again.text).toEqual(["Awal", "Belum terkirim"]);
    expect(String(server.doc.getXmlFragment("notes").get(1))).toContain("Belum terkirim");
    expect(sessionStorage.length).toBe(0);
  });

  it("stops when the notes may no longer be changed, and says why", async () => {
    const one = await join();
    server.refuses = "minutes.is_approved";
    one.types("Terlambat");
    await settled();
    expect(one.notes.standing).toBe("refused");
    expect(one.notes.why).toBe("Tidak dapat.");
    expect(one.notes.writable).toBe(false);
  });

  it("sends nothing for who only reads", async () => {
    server.writable = false;
    const one = await join();
    one.types("Diam-diam");
    await settled();
    expect(one.asked).toEqual(["open"]);
  });

  it("shows the names that the meeting knows, whatever a writer says", async () => {
    const [one, two] = [await join(), await join()];
    two.notes.people = new Map([["p1", "Sri Rahayu"]]);
    const anchor = btoa(String.fromCharCode(...Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(one.notes.fragment, 0))));
    server.tell(one, { cursors: [{ person_id: "p1", client: 77, anchor, head: anchor }] });
    expect(two.notes.awareness.getStates().get(77)).toMatchObject({ user: { name: "Sri Rahayu" } });
    server.tell(one, { cursors: [{ person_id: "p1", client: 77, anchor: "", head: "" }] });
    expect(two.notes.awareness.getStates().has(77)).toBe(false);
  });

  it("asks anew when it was too slow for what was told", async () => {
    const [one, two] = [await join(), await join()];
    two.up = false; // is told nothing
    one.types("Terlewat");
    await settled();
    two.up = true;
    server.tell(one, { stale: true });
    await settled();
    expect(two.text).toEqual(["Terlewat"]);
  });
});

describe("what may be linked and found", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.id", "kata", "https://", "vbscript:x"])("%s leads nowhere", (text) => expect(safeLink(text)).toBe(""));
  it.each([
    ["www.contoh.go.id/a b", "https://www.contoh.go.id/a%20b"],
    ["http://contoh.go.id", "http://contoh.go.id/"],
  ])("%s", (text, href) => expect(safeLink(text)).toBe(href));
  it("finds names by the beginnings of their words", () => {
    expect(matches("dr. Ratna Dewi, M.Kes.", "rat dew")).toBe(true);
    expect(matches("dr. Ratna Dewi, M.Kes.", "atna")).toBe(false);
    expect(matches("Añi Lestari", "ani")).toBe(true);
  });
});
