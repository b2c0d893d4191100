import { describe, expect, test } from "vitest";
import { opened, toJson } from "./passkey";

const buffer = (...bytes: number[]): ArrayBuffer => new Uint8Array(bytes).buffer;

describe("a browser that knows no JSON of passkeys", () => {
  test("gets bytes where the server wrote base64url", () => {
    const made = opened({ challenge: "-_8", user: { id: "AQ", name: "siti" }, excludeCredentials: [{ id: "Ag", type: "public-key" }] });
    expect(made["challenge"]).toEqual(new Uint8Array([251, 255]));
    expect(made["user"]).toEqual({ id: new Uint8Array([1]), name: "siti" });
    expect(made["excludeCredentials"]).toEqual([{ id: new Uint8Array([2]), type: "public-key" }]);
  });

  test("and its answer is written as the server reads it", () => {
    const response = { clientDataJSON: buffer(251, 255), authenticatorData: buffer(1), signature: buffer(2), userHandle: null };
    const made = { id: "AQ", rawId: buffer(1), type: "public-key", response } as unknown as PublicKeyCredential;
    expect(toJson(made)).toEqual({
      id: "AQ",
      rawId: "AQ",
      type: "public-key",
      response: { clientDataJSON: "-_8", authenticatorData: "AQ", signature: "Ag" },
      clientExtensionResults: {},
    });
  });
});
