// Starts the console.

import { render } from "preact";
import { App } from "./app";
import { ConsoleState } from "./state";
import "./style/console.css";
import "./style/panels.css";
import "./style/experiments.css";

render(
  <ConsoleState>
    <App />
  </ConsoleState>,
  document.getElementById("app")!,
);
