// The texts of the interface and the forms of times: everything that depends on the reader's language.
// The texts come with the page, from the catalogues; none stands in the code.

export type Language = "id" | "en";
export type Values = Readonly<Record<string, string | number>>;

let words: Readonly<Record<string, string>> = {};
let current: Language = "id";

/** Tells ("change") that every text must be written anew. */
export const language = new EventTarget();

export function setWords(next: Readonly<Record<string, string>>, as: Language): void {
  words = next;
  current = as;
  language.dispatchEvent(new Event("change"));
}

export function currentLanguage(): Language {
  return current;
}

/** The text of a key with its {placeholders} filled; an unknown key shows itself, so that it is noticed. */
export function t(key: string, values: Values = {}): string {
  const text = words[key] || key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? count(value) : value;
  });
}

export function has(key: string): boolean {
  return Boolean(words[key]);
}

const locale = (): string => (current === "id" ? "id-ID" : "en-GB");

export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

const ZONES: Readonly<Record<string, string>> = { WIB: "Asia/Jakarta", WITA: "Asia/Makassar", WIT: "Asia/Jayapura" };

function place(zone: string): string {
  return ZONES[zone] ?? (zone || "Asia/Jakarta");
}

function nameOf(zone: string): string {
  return Object.entries(ZONES).find(([, where]) => where === zone)?.[0] ?? zone;
}

/** "09.00" in Indonesian, "09:00" in English, in the meeting's zone. */
export function clock(atMs: number, zone: string): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: place(zone) };
  return new Intl.DateTimeFormat(locale(), options).format(atMs);
}

/** "09.00 sampai 11.00 WIB" is up to the catalogue; this is "WIB". */
export function zoneName(zone: string): string {
  return nameOf(zone);
}

/** "Selasa, 24 November 2026". */
export function day(atMs: number, zone: string): string {
  const options: Intl.DateTimeFormatOptions = {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: place(zone),
  };
  return new Intl.DateTimeFormat(locale(), options).format(atMs);
}

/** A time of the same day as `todayMs`, or the day as well. */
export function moment(atMs: number, todayMs: number, zone: string): string {
  const time = `${clock(atMs, zone)} ${zoneName(zone)}`;
  return day(atMs, zone) === day(todayMs, zone) ? time : `${day(atMs, zone)}, ${time}`;
}

/** A due date (ISO, no zone) in words: "24 November 2026"; what is not a date comes back as it is. */
export function dueDay(iso: string): string {
  const at = Date.parse(`${iso}T00:00:00Z`);
  if (Number.isNaN(at)) return iso;
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(at);
}

/** A receipt as it is read aloud and compared: "K7QF-9M2X-04TZ-ABCD". */
export function grouped(receipt: string): string {
  return receipt.replace(/(.{4})(?=.)/g, "$1-");
}

/** Elapsed time as on a clock: "4:05", "1:02:07". */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Two letters for a name card; titles such as "Dr." and "H." are not the name. */
export function initials(name: string): string {
  const parts = (name.split(",")[0] ?? name).split(/\s+/).filter((part) => part && !part.endsWith("."));
  const letters = [parts[0], parts.length > 1 ? parts[parts.length - 1] : undefined].map((part) => [...(part ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase(locale());
}
