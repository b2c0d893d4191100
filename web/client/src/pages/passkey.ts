// Forms that need a passkey: the browser is asked for it, and the form is sent with its answer. Hidden without a browser
// that can; what the server offers and checks is not decided here.

type Options = Record<string, unknown>;
interface Offer {
  token: string;
  options: Options;
}

export function passkeyForms(root: Document): void {
  if (!("PublicKeyCredential" in globalThis) || !navigator.credentials) return;
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void run(form);
    });
  }
}

async function run(form: HTMLFormElement): Promise<void> {
  const failed = form.querySelector<HTMLElement>("[data-passkey-error]");
  const button = form.querySelector("button");
  if (failed) failed.hidden = true;
  if (button) button.disabled = true;
  try {
    const offer = await ask(form);
    const made = form.dataset["passkey"] === "create" ? await create(offer.options) : await get(offer.options);
    field(form, "begun", offer.token);
    field(form, "credential", JSON.stringify(toJson(made)));
    form.submit();
  } catch {
    if (failed) failed.hidden = false; // refused by the person, the browser or the server: the same advice
    if (button) button.disabled = false;
  }
}

async function ask(form: HTMLFormElement): Promise<Offer> {
  const sent = new URLSearchParams();
  for (const name of ["csrf", "half"]) {
    const input = form.querySelector<HTMLInputElement>(`input[name=${name}]`);
    if (input) sent.set(name, input.value);
  }
  const answer = await fetch(form.dataset["options"] ?? "", {
    method: "POST",
    body: sent,
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as Offer;
}

async function create(options: Options): Promise<PublicKeyCredential> {
  const parse = PublicKeyCredential.parseCreationOptionsFromJSON as unknown as ((one: Options) => PublicKeyCredentialCreationOptions) | undefined;
  const publicKey = parse ? parse.call(PublicKeyCredential, options) : (opened(options) as unknown as PublicKeyCredentialCreationOptions);
  return (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
}

async function get(options: Options): Promise<PublicKeyCredential> {
  const parse = PublicKeyCredential.parseRequestOptionsFromJSON as unknown as ((one: Options) => PublicKeyCredentialRequestOptions) | undefined;
  const publicKey = parse ? parse.call(PublicKeyCredential, options) : (opened(options) as unknown as PublicKeyCredentialRequestOptions);
  return (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
}

/** For browsers without parse…FromJSON: what is base64url in JSON becomes bytes (WebAuthn level 3, 5.1.8). */
export function opened(options: Options): Options {
  const made: Options = { ...options };
  if (typeof options["challenge"] === "string") made["challenge"] = bytes(options["challenge"]);
  const user = options["user"] as Options | undefined;
  if (typeof user?.["id"] === "string") made["user"] = { ...user, id: bytes(user["id"]) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    const list = options[name] as Options[] | undefined;
    if (list) made[name] = list.map((one) => ({ ...one, id: bytes(String(one["id"])) }));
  }
  return made;
}

/** The credential as the server reads it; for browsers without toJSON too. */
export function toJson(made: PublicKeyCredential): unknown {
  if (typeof made.toJSON === "function") return made.toJSON();
  const answer = made.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Record<string, string> = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] as const) {
    const value = answer[name];
    if (value) response[name] = text(value);
  }
  return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
}

function bytes(base64url: string): Uint8Array {
  const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function field(form: HTMLFormElement, name: string, value: string): void {
  const input = form.querySelector<HTMLInputElement>(`input[name=${name}]`);
  if (input) input.value = value;
}
