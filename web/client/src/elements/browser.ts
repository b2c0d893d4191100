// Which browser this is, for the one thing that differs: where a refused permission is given back.

export type Browser = "chrome" | "edge" | "firefox" | "safari" | "ios" | "other";

export function browserName(agent: string): Browser {
  if (/iPhone|iPad/.test(agent)) return "ios";
  if (/Edg\//.test(agent)) return "edge";
  if (/Firefox\//.test(agent)) return "firefox";
  if (/Chrom(e|ium)\//.test(agent)) return "chrome";
  if (/Safari\//.test(agent)) return "safari";
  return "other";
}
