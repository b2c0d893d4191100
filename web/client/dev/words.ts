// The catalogues as the page would bring them, read from the .po files as they stand.
import en from "../../locale/room.en.po?raw";
import id from "../../locale/room.id.po?raw";
import { readCatalogue } from "./catalogue";

export const CATALOGUES = { id: readCatalogue(id), en: readCatalogue(en) };
