// Reading one field of what the server sent: the empty value where it is missing or of another type. Pure.
export type Fields = Readonly<Record<string, unknown>>;

export const text = (fields: Fields, name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
export const count = (fields: Fields, name: string): number => (typeof fields[name] === "number" ? fields[name] : 0);
export const flag = (fields: Fields, name: string): boolean => fields[name] === true;
export const list = (fields: Fields, name: string): readonly Fields[] =>
  Array.isArray(fields[name]) ? (fields[name] as readonly Fields[]) : [];
export const texts = (fields: Fields, name: string): readonly string[] =>
  Array.isArray(fields[name]) ? (fields[name] as readonly string[]) : [];
