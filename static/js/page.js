// Starts every behaviour. Each module listens on the document, so that what htmx brings later works without being wired.
import "./network.js";
import "./acting.js";
import "./guard.js";
import "./dialog.js";
import "./keyboard.js";
import "./dates.js";
import "./scanner.js";
import "./combobox.js";
import "./table-select.js";
import "./reader.js";
import "./autosave.js";
import "./pdf-view.js";
import "./shell.js";
import "./notices.js";
import "./idle.js";
import "./passkey.js";
