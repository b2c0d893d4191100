// Reads a gettext catalogue of one-line entries; enough for ours, for development and tests only.

export function readCatalogue(text: string): Record<string, string> {
  const found = [...text.matchAll(/^msgid (".*")\nmsgstr (".*")$/gm)];
  const pairs = found.map(([, key, value]): [string, string] => [JSON.parse(key ?? '""') as string, JSON.parse(value ?? '""') as string]);
  return Object.fromEntries(pairs.filter(([key]) => key));
}
