// Our icons, from lucide-static, taken into the build; as text for our own elements, and as files of ours for Web
// Awesome's, whose own come from elsewhere. Nothing here is fetched from another machine.
import { registerIconLibrary } from "@awesome.me/webawesome/dist/components/icon/library.js";
import { html, type TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import fileCheck from "lucide-static/icons/check.svg?url";
import fileChevronRight from "lucide-static/icons/chevron-right.svg?url";
import fileX from "lucide-static/icons/x.svg?url";
import arrowRight from "lucide-static/icons/arrow-right.svg?raw";
import atSign from "lucide-static/icons/at-sign.svg?raw";
import bell from "lucide-static/icons/bell.svg?raw";
import betweenHorizontalEnd from "lucide-static/icons/between-horizontal-end.svg?raw";
import betweenVerticalEnd from "lucide-static/icons/between-vertical-end.svg?raw";
import bold from "lucide-static/icons/bold.svg?raw";
import calendar from "lucide-static/icons/calendar.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import chevronDown from "lucide-static/icons/chevron-down.svg?raw";
import circleAlert from "lucide-static/icons/circle-alert.svg?raw";
import circleCheck from "lucide-static/icons/circle-check.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import circlePause from "lucide-static/icons/circle-pause.svg?raw";
import circleStop from "lucide-static/icons/circle-stop.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import columns2 from "lucide-static/icons/columns-2.svg?raw";
import doorOpen from "lucide-static/icons/door-open.svg?raw";
import ellipsisVertical from "lucide-static/icons/ellipsis-vertical.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import fileText from "lucide-static/icons/file-text.svg?raw";
import gavel from "lucide-static/icons/gavel.svg?raw";
import hand from "lucide-static/icons/hand.svg?raw";
import heading from "lucide-static/icons/heading.svg?raw";
import heading2 from "lucide-static/icons/heading-2.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import italic from "lucide-static/icons/italic.svg?raw";
import keyboard from "lucide-static/icons/keyboard.svg?raw";
import languages from "lucide-static/icons/languages.svg?raw";
import layoutGrid from "lucide-static/icons/layout-grid.svg?raw";
import lightbulb from "lucide-static/icons/lightbulb.svg?raw";
import link from "lucide-static/icons/link.svg?raw";
import list from "lucide-static/icons/list.svg?raw";
import listChecks from "lucide-static/icons/list-checks.svg?raw";
import listOrdered from "lucide-static/icons/list-ordered.svg?raw";
import loaderCircle from "lucide-static/icons/loader-circle.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import lockOpen from "lucide-static/icons/lock-open.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import maximize from "lucide-static/icons/maximize.svg?raw";
import messageSquare from "lucide-static/icons/message-square.svg?raw";
import messageSquareQuote from "lucide-static/icons/message-square-quote.svg?raw";
import messageSquareWarning from "lucide-static/icons/message-square-warning.svg?raw";
import mic from "lucide-static/icons/mic.svg?raw";
import micOff from "lucide-static/icons/mic-off.svg?raw";
import minimize from "lucide-static/icons/minimize.svg?raw";
import minus from "lucide-static/icons/minus.svg?raw";
import monitorUp from "lucide-static/icons/monitor-up.svg?raw";
import monitorX from "lucide-static/icons/monitor-x.svg?raw";
import moon from "lucide-static/icons/moon.svg?raw";
import notebookPen from "lucide-static/icons/notebook-pen.svg?raw";
import panelRight from "lucide-static/icons/panel-right.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import pictureInPicture2 from "lucide-static/icons/picture-in-picture-2.svg?raw";
import pin from "lucide-static/icons/pin.svg?raw";
import pinOff from "lucide-static/icons/pin-off.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import redo2 from "lucide-static/icons/redo-2.svg?raw";
import rotateCw from "lucide-static/icons/rotate-cw.svg?raw";
import send from "lucide-static/icons/send.svg?raw";
import settings from "lucide-static/icons/settings.svg?raw";
import signal from "lucide-static/icons/signal.svg?raw";
import signalHigh from "lucide-static/icons/signal-high.svg?raw";
import signalLow from "lucide-static/icons/signal-low.svg?raw";
import sun from "lucide-static/icons/sun.svg?raw";
import table from "lucide-static/icons/table.svg?raw";
import trash2 from "lucide-static/icons/trash-2.svg?raw";
import triangleAlert from "lucide-static/icons/triangle-alert.svg?raw";
import undo2 from "lucide-static/icons/undo-2.svg?raw";
import userCheck from "lucide-static/icons/user-check.svg?raw";
import userX from "lucide-static/icons/user-x.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import video from "lucide-static/icons/video.svg?raw";
import videoOff from "lucide-static/icons/video-off.svg?raw";
import vote from "lucide-static/icons/vote.svg?raw";
import volume2 from "lucide-static/icons/volume-2.svg?raw";
import wifiOff from "lucide-static/icons/wifi-off.svg?raw";
import x from "lucide-static/icons/x.svg?raw";

const RAW = {
  "arrow-right": arrowRight,
  "at-sign": atSign,
  bell: bell,
  "between-horizontal-end": betweenHorizontalEnd,
  "between-vertical-end": betweenVerticalEnd,
  bold,
  calendar: calendar,
  check: check,
  "chevron-down": chevronDown,
  "circle-alert": circleAlert,
  "circle-check": circleCheck,
  "circle-dot": circleDot,
  "circle-pause": circlePause,
  "circle-stop": circleStop,
  clock: clock,
  "columns-2": columns2,
  "door-open": doorOpen,
  "ellipsis-vertical": ellipsisVertical,
  eye,
  "file-text": fileText,
  gavel: gavel,
  hand: hand,
  heading,
  "heading-2": heading2,
  info: info,
  italic,
  keyboard: keyboard,
  languages: languages,
  "layout-grid": layoutGrid,
  lightbulb,
  link,
  list,
  "list-checks": listChecks,
  "list-ordered": listOrdered,
  "loader-circle": loaderCircle,
  lock: lock,
  "lock-open": lockOpen,
  "log-out": logOut,
  maximize: maximize,
  "message-square": messageSquare,
  "message-square-quote": messageSquareQuote,
  "message-square-warning": messageSquareWarning,
  mic: mic,
  "mic-off": micOff,
  minimize: minimize,
  minus,
  "monitor-up": monitorUp,
  "monitor-x": monitorX,
  moon: moon,
  "notebook-pen": notebookPen,
  "panel-right": panelRight,
  pencil: pencil,
  "picture-in-picture-2": pictureInPicture2,
  pin: pin,
  "pin-off": pinOff,
  plus: plus,
  "redo-2": redo2,
  "rotate-cw": rotateCw,
  send: send,
  settings: settings,
  signal: signal,
  "signal-high": signalHigh,
  "signal-low": signalLow,
  sun: sun,
  table,
  "trash-2": trash2,
  "triangle-alert": triangleAlert,
  "undo-2": undo2,
  "user-check": userCheck,
  "user-x": userX,
  users: users,
  video: video,
  "video-off": videoOff,
  "volume-2": volume2,
  "wifi-off": wifiOff,
  vote: vote,
  x: x,
} as const;

export type IconName = keyof typeof RAW;

const made = new Map<IconName, TemplateResult>();

/** An icon beside a word or inside a labelled button: it says nothing to a screen reader itself. */
export function icon(name: IconName): TemplateResult {
  let result = made.get(name);
  if (!result) {
    const start = RAW[name].indexOf("<svg");
    const svg = RAW[name].slice(start).replace(/class="[^"]*"/, 'class="icon" aria-hidden="true" focusable="false"');
    result = html`${unsafeHTML(svg)}`;
    made.set(name, result);
  }
  return result;
}

const FILES: Readonly<Record<string, string>> = { check: fileCheck, "chevron-right": fileChevronRight, xmark: fileX };

for (const library of ["default", "system"]) {
  registerIconLibrary(library, { resolver: (name: string) => FILES[name] ?? fileX });
}
