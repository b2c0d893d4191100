// The entry of the room page: reads what the page was given, makes the client, mounts <balai-room>.
import "./styles/tokens.css";
import "./styles/fonts.css";
import "./styles/base.css";
import "./styles/webawesome.css";
import "./styles/room.css";
import { BalaiRoom } from "./elements/room";
import { readSettings } from "./elements/settings";
import { Room } from "./room/client";
import type { RoomPage } from "./room/model";
import { applyTheme } from "./theme";
import { setWords } from "./words";

applyTheme();
const page = JSON.parse(document.getElementById("room")?.textContent ?? "") as RoomPage;
setWords(page.words, page.language);
const room = new BalaiRoom();
room.page = page;
const settings = readSettings();
room.client = new Room(page, settings.devices);
room.client.save(settings.economy);
document.body.append(room);
