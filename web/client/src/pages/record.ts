// The page on which chair and secretary complete the record: the same editor as in the room, on a line of its own that
// enters no room. Loaded only there.
import { io, type Socket } from "socket.io-client";
import type { LineWish } from "../notes/editor";
import { BalaiEditor, sharedNotes } from "../notes/editor";
import type { Writer } from "../notes/shared";
import type { RemarkAct } from "../notes/remark-list";
import type { Failure, Phrase, Remark } from "../room/model";
import { LineOfNotes, type WireNotes } from "../room/notes-line";
import type { WireAnswer } from "../room/wire";
import { setWords, t, type Language } from "../words";

const ANSWER_TIMEOUT_MS = 15_000;

export interface RecordPage {
  readonly ticket: string;
  readonly language: Language;
  readonly meetingId: string;
  readonly personId: string;
  readonly people: readonly Writer[];
  readonly remarks: readonly Remark[]; // not answered
  readonly phrases: readonly Phrase[];
  readonly title: string;
  readonly chair: string;
  readonly present: number; // how many came
  readonly day: string; // of the meeting
  readonly words: Readonly<Record<string, string>>;
}

export function writeRecord(page: RecordPage, root: ParentNode): void {
  setWords(page.words, page.language);
  const line = lineTo(page);
  for (const place of root.querySelectorAll<HTMLElement>("[data-notes]")) {
    const editor = new BalaiEditor();
    editor.notes = sharedNotes(line, page.meetingId, place.dataset["notes"] ?? "");
    editor.people = page.people;
    editor.label = place.dataset["label"] ?? "";
    editor.writes = true;
    editor.remarks = page.remarks.filter((one) => one.itemId === editor.notes.itemId);
    editor.me = page.personId;
    editor.phrases = page.phrases;
    editor.values = () => ({ rapat: page.title, butir: place.dataset["title"] ?? "", pimpinan: page.chair, peserta: String(page.present), tanggal: page.day });
    editor.addEventListener("answer", (event) => void answer(editor, (event as CustomEvent<RemarkAct>).detail, root));
    editor.addEventListener("line", (event) => openForm(place, (event as CustomEvent<LineWish>).detail));
    place.replaceChildren(editor);
  }
}

function lineTo({ ticket, language }: RecordPage): LineOfNotes {
  const socket: Socket = io("/room", { auth: { ticket, language, protocol: 1 }, transports: ["websocket", "polling"], tryAllTransports: true, reconnectionDelayMax: 3_000 });
  const lost: Failure = { code: "connection.lost", text: t("room.offline") };
  let refused: Failure | null = null;
  const ask = async (payload: Readonly<Record<string, unknown>>): Promise<unknown> => {
    if (refused) throw refused;
    if (!socket.connected) throw lost;
    const answer = (await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck("notes", payload).catch(() => {
      throw lost;
    })) as WireAnswer<unknown>;
    if ("error" in answer) throw { code: answer.error.code, text: answer.error.text } satisfies Failure;
    return answer.ok;
  };
  const line = new LineOfNotes(ask, () => socket.connected || refused !== null);
  const end = (failure: Failure): void => {
    refused = failure;
    socket.disconnect();
    line.opened(); // every text asks, and is told why
  };
  socket.on("connect", () => line.opened());
  socket.on("disconnect", () => line.lost());
  socket.on("connect_error", (error: Error & { data?: Partial<Failure> | null }) => {
    if (error.data?.code && !error.data.code.startsWith("unavailable")) end({ code: error.data.code, text: error.data.text ?? "" });
  });
  socket.on("bye", (failure: Failure) => end(failure));
  socket.on("notes", (notes: WireNotes, ack?: () => void) => {
    ack?.();
    line.written(notes);
  });
  return line;
}

/** A suggestion that is accepted stands in the text, and is kept there, before it is said to be accepted. */
async function answer(editor: BalaiEditor, { remark, act }: RemarkAct, root: ParentNode): Promise<void> {
  const form = root.querySelector<HTMLFormElement>("#answer-remark");
  if (!form || act === "withdraw") return;
  if (act === "accept" && remark.what === "suggestion" && !(await editor.takeOver(remark).catch(() => false))) {
    editor.requestUpdate(); // its card says why
    return;
  }
  for (const [name, value] of Object.entries({ remark_id: remark.remarkId, accepted: act === "accept" ? "yes" : "no", item_id: remark.itemId })) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  }
  form.submit();
}

/** The paragraph stands in the form below, ready to be recorded. */
function openForm(place: HTMLElement, wish: LineWish): void {
  const said = wish.kind !== "decision" && wish.kind !== "action";
  const act = said ? "record_statement" : `record_${wish.kind}`;
  const form = place.closest("section")?.querySelector<HTMLFormElement>(`form:has(input[name="act"][value="${act}"])`);
  const field = form?.querySelector("textarea");
  const around = form?.closest("details");
  if (!field || !around) return;
  around.open = true;
  const what = form?.querySelector<HTMLSelectElement>("select[name='what']");
  if (said && what) what.value = wish.kind;
  field.value = wish.text;
  field.focus();
}
