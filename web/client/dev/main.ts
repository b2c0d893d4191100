// The room against a made-up meeting. Query: n, role, lang, theme, status, share, phase (prejoin, waiting, over:CODE,
// reconnecting, media-down), join=1 (at once), tab, late=1 (things keep happening).
import "../src/styles/tokens.css";
import "../src/styles/fonts.css";
import "../src/styles/base.css";
import "../src/styles/webawesome.css";
import "../src/styles/room.css";
import { BalaiRoom } from "../src/elements/room";
import type { Role, RoomPage } from "../src/room/model";
import { chooseTheme, type Theme } from "../src/theme";
import { setWords, type Language } from "../src/words";
import { FakeRoom } from "./fake";
import { CATALOGUES } from "./words";

const query = new URLSearchParams(location.search);
const lang = (query.get("lang") ?? "id") as Language;
const role = (query.get("role") ?? "participant") as Role;
const hour = Date.now() - (Date.now() % 3_600_000);
const page: RoomPage = {
  ticket: "",
  language: lang,
  meetingId: "m1",
  title: "Rapat Koordinasi Penanganan Banjir dan Anggaran Perubahan",
  startsMs: hour,
  endsMs: hour + 2 * 3_600_000,
  zone: "WIB",
  name: "Rina Kartikasari, S.Sos., M.Si.",
  function: "Kepala Bidang Kedaruratan",
  role: query.get("phase") === "waiting" ? "waiting" : role,
  office: { name: "Pemerintah Kabupaten Contoh", logo: "" },
  words: CATALOGUES[lang],
  phrases: [{ name: "pembukaan", text: "{pimpinan} membuka {rapat} pada {tanggal}." }],
  leaveUrl: "#halaman-rapat",
};

chooseTheme((query.get("theme") ?? "system") as Theme);
document.documentElement.lang = lang;
setWords(page.words, lang);
const room = new BalaiRoom();
room.page = page;
const fake = new FakeRoom(page, query);
room.client = fake;
Object.assign(window, { fake, room });
// The page itself has only one language here: the switch finds the other in the catalogues.
window.fetch = async (address) => {
  const next = new URL(String(address)).searchParams.get("language") === "en" ? "en" : "id";
  return new Response(`<script type="application/json" id="room">${JSON.stringify({ ...page, words: CATALOGUES[next] })}</script>`);
};
if (query.has("deny")) navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
document.body.append(room);
if (query.get("phase") !== "prejoin") void fake.enter();
