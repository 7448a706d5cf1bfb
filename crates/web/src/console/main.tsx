// Starts the console.

import "./style/console.css";
