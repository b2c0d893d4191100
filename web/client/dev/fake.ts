// A meeting that is made up: people drawn on canvases, talking in turns. For looking at the room without a server.
import { ballotKey, newReceipt, type OwnBallot } from "../src/room/ballots";
import type { Motion } from "../src/room/deliberation";
import { deliberationFrom } from "../src/room/deliberation";
import { LineOfNotes } from "../src/room/notes-line";
import type {
  AgendaItem, ChatLine, Connection, Devices, Failure, LocalMedia, Meeting, Person, Quality, RemoteStream, Role, RoomClient, RoomPage, RoomState, Session, Shown,
} from "../src/room/model";

const NAMES: readonly [string, string, string][] = [
  ["Drs. H. Bambang Sutrisno, M.M.", "Sekretaris Daerah", "Sekretariat Daerah"],
  ["Siti Rahmawati, S.H.", "Kepala Bagian Hukum", "Sekretariat Daerah"],
  ["Dr. Ir. Agus Wibowo", "Kepala Dinas Pekerjaan Umum", "Dinas PUPR"],
  ["Maria Goreti Tampubolon", "Kepala BPBD", "BPBD"],
  ["I Made Suardana, S.E.", "Kepala BPKAD", "BPKAD"],
  ["Fitriani Nur Aisyah", "Analis Kebijakan Ahli Muda", "Bappeda"],
  ["Yohanes Lewar", "Camat Sungai Raya", "Kecamatan Sungai Raya"],
  ["Ratna Dewi Lestari", "Kepala Dinas Sosial", "Dinas Sosial"],
  ["Muhammad Iqbal", "Kepala Seksi Drainase", "Dinas PUPR"],
  ["Endang Purwaningsih, S.Kom.", "Pranata Komputer", "Diskominfo"],
];
const HUES = [196, 28, 152, 262, 340, 88, 214, 12, 174, 300];

const ITEMS: readonly AgendaItem[] = [
  { itemId: "i1", title: "Pembukaan dan pengantar pimpinan rapat", minutes: 10 },
  { itemId: "i2", title: "Laporan keadaan banjir di tiga kecamatan", minutes: 25 },
  { itemId: "i3", title: "Usulan pergeseran anggaran belanja tidak terduga", minutes: 30 },
  { itemId: "i4", title: "Pembagian tugas dan penutup", minutes: 15 },
];

function picture(hue: number, screen = false): MediaStream {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = screen ? [1280, 720] : [640, 360];
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  let step = 0;
  const draw = (): void => {
    step += 1;
    if (screen) drawSheet(pen, step);
    else drawPerson(pen, hue, step);
  };
  draw();
  setInterval(draw, 250);
  return canvas.captureStream(4);
}

function drawPerson(pen: CanvasRenderingContext2D, hue: number, step: number): void {
  const wall = pen.createLinearGradient(0, 0, 640, 360);
  wall.addColorStop(0, `hsl(${hue} 24% 74%)`);
  wall.addColorStop(1, `hsl(${hue} 22% 52%)`);
  pen.fillStyle = wall;
  pen.fillRect(0, 0, 640, 360);
  pen.fillStyle = `hsl(${hue} 18% 84% / 0.5)`;
  pen.fillRect(40, 30, 130, 170);
  const x = 320 + Math.sin(step / 6) * 6;
  pen.fillStyle = `hsl(${(hue + 180) % 360} 28% 30%)`;
  pen.beginPath();
  pen.ellipse(x, 384, 150, 130, 0, 0, 7);
  pen.fill();
  pen.fillStyle = "hsl(26 42% 62%)";
  pen.fillRect(x - 24, 220, 48, 50);
  pen.beginPath();
  pen.ellipse(x, 176, 62, 76, 0, 0, 7);
  pen.fill();
  pen.fillStyle = "hsl(24 30% 16%)";
  pen.beginPath();
  pen.ellipse(x, 128, 66, 44, 0, Math.PI, 0);
  pen.fill();
}

function drawSheet(pen: CanvasRenderingContext2D, step: number): void {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, 1280, 720);
  pen.fillStyle = "#0b5c6b";
  pen.fillRect(0, 0, 1280, 86);
  pen.fillStyle = "#fff";
  pen.font = "600 34px sans-serif";
  pen.fillText("Usulan Pergeseran Anggaran 2026", 40, 55);
  [300, 220, 410, 160, 350].forEach((high, index) => {
    pen.fillStyle = index === step % 5 ? "#b9770e" : "#4d8f9b";
    pen.fillRect(120 + index * 220, 640 - high, 130, high);
  });
}

export class FakeRoom extends EventTarget implements RoomClient {
  readonly notesLine = new LineOfNotes(async () => ({ update: new Uint8Array([0, 0]), state: new Uint8Array([0]), writable: true, cursors: [] }), () => true);
  state: RoomState;
  readonly #query: URLSearchParams;
  readonly #page: RoomPage;
  shown: readonly Shown[] = [];
  failing = false; // commands and chat are refused while it is true

  constructor(page: RoomPage, query: URLSearchParams) {
    super();
    this.#page = page;
    this.#query = query;
    const local: LocalMedia = { microphone: "off", camera: "off", screen: "off", cameraStream: null, screenStream: null, microphoneLevel: 0 };
    const quality: Quality = { roundTripMs: 38, lossPercent: 0.2, level: (query.get("quality") ?? "good") as Quality["level"] };
    this.state = {
      connection: "connecting", told: "", over: null, mediaUp: true, meeting: null, you: null, remote: new Map(), local, speakers: new Map(),
      lines: new Map(), quality, spoken: new Map(), ballots: new Map(), clockSkewMs: 0,
    };
  }

  async enter(): Promise<void> {
    const phase = this.#query.get("phase") ?? "";
    if (phase === "waiting") return this.set({ connection: "waiting" });
    if (phase.startsWith("over")) {
      const code = phase.split(":")[1] ?? "left";
      return this.set({ connection: "over", over: code === "left" ? null : { code, text: "" } });
    }
    const count = Number(this.#query.get("n") ?? 4);
    const role = (this.#query.get("role") ?? "participant") as Role;
    this.set({ connection: "open", meeting: this.#meeting(count, role), you: { personId: "p0", sessionId: "s0", role }, remote: this.#remote(count) });
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (phase === "reconnecting") this.set({ connection: "reconnecting" as Connection });
    if (phase === "media-down") this.set({ mediaUp: false });
    if (this.#query.get("speaker") !== "0") this.set({ speakers: new Map(count > 1 ? [["s1", 80]] : []) });
    if (this.#query.has("late")) this.#live(count);
  }

  #meeting(count: number, role: Role): Meeting {
    const now = Date.now();
    const people = new Map<string, Person>([["p0", { personId: "p0", name: this.#page.name, role, function: this.#page.function, office: "BPBD" }]]);
    const sessions = new Map<string, Session>();
    for (let index = 0; index < Math.max(count, 5) + 2; index++) {
      const [name, job, office] = NAMES[(index + NAMES.length - 1) % NAMES.length] as [string, string, string];
      const part: Role = index === 1 && role !== "chair" ? "chair" : index === 2 && role !== "secretary" ? "secretary" : index === 6 ? "observer" : "participant";
      if (index) people.set(`p${index}`, { personId: `p${index}`, name: index > 10 ? `${name} ${Math.floor(index / 10)}` : name, role: part, function: job, office });
      if (index < count) {
        sessions.set(`s${index}`, { sessionId: `s${index}`, personId: `p${index}`, microphone: index % 3 !== 2, camera: index % 4 !== 3, screen: false, present: this.#query.get("unseen") ? index > 0 : true });
      }
    }
    const leads = role === "chair" || role === "secretary";
    const planned = this.#query.get("status") === "planned";
    const chat: ChatLine[] = [
      { chatId: "c1", personId: "p1", atMs: now - 900_000, text: "Selamat pagi, Bapak dan Ibu. Bahan rapat sudah ada di halaman rapat." },
      { chatId: "c2", personId: "p3", atMs: now - 840_000, text: "Terima kasih. Peta genangan terbaru: https://geoportal.contoh.go.id/banjir" },
      { chatId: "c3", personId: "p0", atMs: now - 800_000, text: "Sudah kami terima." },
      { chatId: "c4", personId: "p0", atMs: now - 790_000, text: "Data pengungsi menyusul siang ini." },
    ];
    return {
      meetingId: "m1", number: 40, title: this.#page.title, startsMs: this.#page.startsMs, endsMs: this.#page.endsMs, zone: "WIB", place: "Ruang Rapat Utama",
      status: planned ? "planned" : "open", openedMs: planned ? 0 : now - 2_345_000, locked: false, items: ITEMS,
      currentItemId: planned ? "" : "i2", currentItemSinceMs: now - 754_000, people, sessions,
      hands: planned || count < 3 ? [] : ["p2", ...(count > 3 ? ["p3"] : [])],
      waiting: leads && !planned ? [{ waitingId: "w1", name: "Bapak Suryadi", office: "PT Tirta Karya", function: "Konsultan", atMs: now - 60_000, known: "name" as const }] : [],
      chat: planned ? [] : chat,
      notes: planned ? new Map() : new Map([["i2", { itemId: "i2", version: 3, text: "Kepala BPBD melaporkan 412 keluarga terdampak di Sungai Raya, Muara Enam, dan Tanjung Harap.\n\nTinggi air turun 40 cm sejak kemarin." }]]),
      decisions: planned ? [] : [{ decisionId: "d1", number: 1, itemId: "i2", text: "Masa tanggap darurat diperpanjang 14 hari sampai 8 Desember 2026.", method: "mufakat", atMs: now - 120_000, motionId: "", withdrawn: false }],
      documents: [],
      remarks: [],
      statements: planned ? [] : [{ statementId: "q1", what: "objection", number: 1, itemId: "i2", who: "p3", text: "Batas waktu satu minggu tidak cukup untuk desa yang jalannya putus.", atMs: now - 90_000, withdrawn: false }],
      actions: planned ? [] : [{ actionId: "a1", number: 1, itemId: "i2", what: "Menyampaikan data pengungsi per desa kepada Bappeda.", who: "p3", due: "2026-11-27", atMs: now - 100_000, withdrawn: false }],
      mediaDownSinceMs: 0,
      deliberation: deliberationFrom({}),
      recording: null,
    };
  }

  #remote(count: number): ReadonlyMap<string, RemoteStream> {
    const remote = new Map<string, RemoteStream>();
    for (let index = 1; index < count; index++) {
      if (index % 4 === 3) continue;
      const weak = index === 5;
      remote.set(`v${index}`, { producerId: `v${index}`, sessionId: `s${index}`, source: "camera", stream: picture(HUES[index % HUES.length] ?? 200), paused: false, pausedFor: weak ? "bandwidth" : "" });
    }
    if (this.#query.has("share") && count > 1) {
      remote.set("x1", { producerId: "x1", sessionId: "s1", source: "screen", stream: picture(0, true), paused: false, pausedFor: "" });
    }
    return remote;
  }

  #live(count: number): void {
    let step = 0;
    setInterval(() => {
      step += 1;
      this.set({ speakers: new Map([[`s${(step % (count - 1)) + 1}`, 80]]) });
      const { meeting } = this.state;
      if (!meeting || step % 3) return;
      this.change({ chat: [...meeting.chat, { chatId: `l${step}`, personId: "p2", atMs: Date.now(), text: `Catatan ke-${step}` }] });
    }, 2500);
  }

  set(change: Partial<RoomState>): void {
    this.state = { ...this.state, ...change };
    requestAnimationFrame(() => this.dispatchEvent(new Event("change")));
  }

  change(change: Partial<Meeting>): void {
    if (this.state.meeting) this.set({ meeting: { ...this.state.meeting, ...change } });
  }

  #own(change: Partial<Session>): void {
    const own = this.state.meeting?.sessions.get("s0");
    if (own) this.change({ sessions: new Map(this.state.meeting?.sessions).set("s0", { ...own, ...change }) });
  }

  async #wait(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 120));
    if (this.failing) throw { code: "offline", text: this.#page.words["room.offline"] ?? "" } satisfies Failure;
  }

  async leave(): Promise<void> {
    this.set({ connection: "over", over: null });
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.set({ local: { ...this.state.local, microphone: on ? "on" : "off", microphoneLevel: on ? 0.45 : 0 } });
    this.#own({ microphone: on });
  }

  async setCamera(on: boolean): Promise<void> {
    this.set({ local: { ...this.state.local, camera: on ? "on" : "off", cameraStream: on ? picture(186) : null } });
    this.#own({ camera: on });
  }

  async setScreen(on: boolean): Promise<void> {
    this.set({ local: { ...this.state.local, screen: on ? "on" : "off", screenStream: on ? picture(0, true) : null } });
    this.#own({ screen: on });
  }

  async useDevices(_devices: Devices): Promise<void> {
    await this.#wait();
  }

  async setHand(up: boolean): Promise<void> {
    await this.#wait();
    const hands = (this.state.meeting?.hands ?? []).filter((id) => id !== "p0");
    this.change({ hands: up ? [...hands, "p0"] : hands });
  }

  async say(text: string): Promise<void> {
    const line: ChatLine = { chatId: crypto.randomUUID(), personId: "p0", atMs: Date.now(), text, pending: true };
    const before = this.state.meeting?.chat ?? [];
    this.change({ chat: [...before, line] });
    try {
      await this.#wait();
    } catch (failure) {
      this.change({ chat: (this.state.meeting?.chat ?? []).filter((one) => one !== line) });
      throw failure;
    }
    this.change({ chat: (this.state.meeting?.chat ?? []).map((one) => (one === line ? { ...one, pending: false } : one)) });
  }

  save(economy: boolean): void {
    console.info("economy", economy);
  }

  show(shown: readonly Shown[]): void {
    this.shown = shown;
  }

  castSecretly(motion: Motion, memberId: string): Promise<void> {
    const own: OwnBallot = { motionId: motion.motionId, memberId, receipt: newReceipt(), step: "in" };
    this.set({ ballots: new Map(this.state.ballots).set(ballotKey(motion.motionId, memberId), own) });
    return Promise.resolve();
  }

  async confirmPresence(): Promise<void> {
    await this.#wait();
    this.#own({ present: true });
  }

  async command(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#wait();
    const { meeting } = this.state;
    if (!meeting) return;
    const say = (name: string): string => String(fields[name] ?? "");
    const now = Date.now();
    if (type === "open_meeting") this.change({ status: "open", openedMs: now });
    if (type === "close_meeting") this.set({ connection: "over", over: { code: "closed", text: "" } });
    if (type === "lock_room") this.change({ locked: fields["locked"] === true });
    if (type === "open_item") this.change({ currentItemId: say("item_id"), currentItemSinceMs: now });
    if (type === "admit_guest" || type === "refuse_guest") this.change({ waiting: [] });
    if (type === "lower_hand") this.change({ hands: meeting.hands.filter((id) => id !== fields["person_id"]) });
    if (type === "record_decision") {
      const decision = { decisionId: say("decision_id"), number: meeting.decisions.length + 1, itemId: say("item_id"), text: say("text"), method: "mufakat" as const, atMs: now, motionId: "", withdrawn: false };
      this.change({ decisions: [...meeting.decisions, decision] });
    }
    if (type === "record_action") {
      const action = { actionId: say("action_id"), number: meeting.actions.length + 1, itemId: say("item_id"), what: say("what"), who: say("who"), due: say("due"), atMs: now, withdrawn: false };
      this.change({ actions: [...meeting.actions, action] });
    }
    if (type === "record_statement") {
      const said = { statementId: say("statement_id"), what: say("what") as "statement", number: meeting.statements.length + 1, itemId: say("item_id"), who: say("who"), text: say("text"), atMs: now, withdrawn: false };
      this.change({ statements: [...meeting.statements, said] });
    }
    if (type === "withdraw_decision") this.change({ decisions: meeting.decisions.map((one) => ({ ...one, withdrawn: one.withdrawn || one.decisionId === fields["decision_id"] })) });
  }
}
