// The entry of every server-rendered page: its styles, and small behaviours that the page works without.
// What each attribute does is listed in styles/README.md.
import "./styles/tokens.css";
import "./styles/fonts.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/page.css";
import { addressees } from "./pages/addressees";
import { comboboxes } from "./pages/combobox";
import { confirmForms } from "./pages/confirm";
import { copyButtons } from "./pages/copy";
import { jobLists } from "./pages/jobs";
import { echoForms } from "./pages/echo";
import { passkeyForms } from "./pages/passkey";
import { previewForms } from "./pages/preview";
import { connectionCheck } from "./pages/reach";
import { rowLists } from "./pages/rows";
import { signaturePads } from "./pages/sign";
import { themeSwitches } from "./pages/theme-switch";
import { countdowns, localTimes } from "./pages/times";
import { dismissable, menus } from "./pages/transient";
import { applyTheme } from "./theme";

applyTheme(); // before anything is drawn, as far as a module can

/** The shared notes of the page that has any; the editor is too heavy for all the others. */
const sharedNotes = async (): Promise<void> => {
  const page = document.getElementById("shared-notes")?.textContent;
  if (page) (await import("./pages/record")).writeRecord(JSON.parse(page), document);
};

const start = (): void => {
  themeSwitches(document);
  confirmForms(document);
  copyButtons(document);
  rowLists(document);
  comboboxes(document);
  addressees(document);
  countdowns(document);
  localTimes(document);
  dismissable(document);
  menus(document);
  connectionCheck(document);
  signaturePads(document);
  passkeyForms(document);
  previewForms(document);
  jobLists(document);
  echoForms(document);
  void sharedNotes();
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
