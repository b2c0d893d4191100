// A certified OpenID provider (oidc-provider) on loopback, with one client and throw-away people: whoever types a login is
// that person; their groups are in the login, after dots ("siti.balai-secretary"). Started by provider.py, never shipped.
import { pathToFileURL } from "node:url";

const [port, house] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${process.cwd()}/node_modules/oidc-provider/lib/index.js`));

const claims = (id) => ({
  sub: id,
  preferred_username: id.split(".")[0],
  name: `${id.split(".")[0]} dari penyedia`,
  email: `${id.split(".")[0]}@contoh.go.id`,
  email_verified: !id.includes("unverified"),
  groups: id.split(".").slice(1),
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "balai",
      client_secret: "a secret/with:signs",
      redirect_uris: [`${house}/login/oidc/office/callback`],
      post_logout_redirect_uris: [`${house}/login`],
      backchannel_logout_uri: `${house}/login/oidc/office/logout`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { openid: ["sub", "sid"], profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
  cookies: { keys: ["loopback only"] },
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }), // its own refuses this very machine
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => claims(id) }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
});
provider.on("server_error", (_, error) => console.error(error));
provider.on("backchannel.error", (_, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
