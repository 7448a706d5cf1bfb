// What is shown where no experiment runs: how to define one.

import { useConsole } from "../state";

const EXAMPLE = `# civicsense.toml
[recommend]
pipelines = "/etc/civicsense/pipelines"
experiments = "/etc/civicsense/pipelines/experiments.toml"

# /etc/civicsense/pipelines/experiments.toml
format = 1
salt = "2026"

[[experiment]]
name = "length"
surface = "home"
layer = "home"
traffic = 0.5
arm = [
  { name = "control", pipeline = "home", weight = 1 },
  { name = "short", pipeline = "home-short", weight = 1 },
]

[holdout]
share = 0.05
pipeline = "popular"`;

export function NoExperiments() {
  const { words } = useConsole();
  const said = words.experimenting;
  return (
    <div class="panel" data-experiment="none">
      <h3>{said.none}</h3>
      <p>
        {said.noneAbout} <code>civicsense validate experiments.toml</code>
      </p>
      <pre class="example" tabIndex={0}>
        {EXAMPLE}
      </pre>
    </div>
  );
}
