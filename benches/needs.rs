//! Recognising the official theme and department of service matters: the need model and its linear machines beside
//! TF-IDF with a linear support vector machine of scikit-learn, on the same folds.
#![expect(clippy::disallowed_methods, reason = "a bench reads the environment")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use insight::needs::NeedParams;
use insight::{ItemText, NeedModel, TextClassifier, TextParams};
use serde_json::{Value, json};
use vocab::taxonomy::Need;
use vocab::{Sensitivity, Taxonomy};

const FOLDS: u64 = 5;
/// Different ways to cut into folds: classes are many and small, so one way says little.
const CUTS: u64 = 2;

/// Texts with their labels, and whether a text may have several.
#[derive(Clone)]
struct Task {
    name: &'static str,
    texts: Vec<String>,
    labels: Vec<Vec<u16>>,
    classes: u16,
    /// Fold of each text, for each cut.
    folds: Vec<Vec<u64>>,
}

#[expect(clippy::print_stdout, reason = "the rows are a bench's output")]
fn main() -> anyhow::Result<()> {
    let catalogue = data().join("catalogue");
    if !catalogue.exists() {
        println!("skipped: {} is not there", catalogue.display());
        return Ok(());
    }
    let tasks = [guangdong(&catalogue)?, guangan(&catalogue)?].concat();
    println!("| macro-F1, mean of {CUTS} × {FOLDS} folds | measured |\n|---|---|");
    for task in &tasks {
        let several = task.labels.iter().any(|labels| labels.len() > 1);
        let started = Instant::now();
        let machines = mean(task, |teach| {
            let taught: Vec<(&str, Vec<u16>)> = teach
                .iter()
                .map(|&text| (task.texts[text].as_str(), task.labels[text].clone()))
                .collect();
            let fitted = TextClassifier::fit(&taught, task.classes, &TextParams::default())?;
            Ok(Box::new(move |text: &str| {
                if several {
                    fitted.classes_of(text)
                } else {
                    fitted.class_of(text).into_iter().collect()
                }
            }))
        })?;
        let took = started.elapsed() / u32::try_from(CUTS * FOLDS)?;
        row(task.name, "linear machines", took, machines);
        let started = Instant::now();
        let needs = mean(task, |teach| need_model(task, teach, several))?;
        let took = started.elapsed() / u32::try_from(CUTS * FOLDS)?;
        row(task.name, "need model", took, needs);
    }
    match std::env::var("CIVICSENSE_PYTHON") {
        Ok(python) => peer(&python, &tasks),
        Err(_) => {
            println!("scikit-learn: skipped, CIVICSENSE_PYTHON names no Python that has it");
            Ok(())
        }
    }
}

/// Said as soon as it is known: a bench that is silent for minutes looks dead.
#[expect(clippy::print_stdout, reason = "the rows are a bench's output")]
fn row(task: &str, model: &str, took: Duration, score: f64) {
    println!("| {task}, {model}, {:.1} s a fold | {score:.4} |", took.as_secs_f64());
}

fn data() -> PathBuf {
    std::env::var("CIVICSENSE_DATA").map_or_else(
        |_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").into(),
        PathBuf::from,
    )
}

/// The fold of a text by its name in that cut; FNV-1a, mixed.
fn fold(name: &str, cut: u64) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ cut, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ((hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % FOLDS
}

fn task(name: &'static str, matters: Vec<(String, String, Vec<String>)>) -> Task {
    let known: BTreeSet<String> = matters.iter().flat_map(|matter| matter.2.clone()).collect();
    let positions: BTreeMap<&String, u16> = known.iter().zip(0..).collect();
    Task {
        name,
        classes: positions.len() as u16,
        folds: (0..CUTS)
            .map(|cut| matters.iter().map(|(id, ..)| fold(id, cut)).collect())
            .collect(),
        labels: matters
            .iter()
            .map(|(.., labels)| labels.iter().map(|label| positions[label]).collect())
            .collect(),
        texts: matters.into_iter().map(|(_, text, _)| text).collect(),
    }
}

/// Matters of a province: title and text, without the department and the themes that the text begins with.
fn guangdong(catalogue: &Path) -> anyhow::Result<Vec<Task>> {
    let (mut depts, mut themes) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(catalogue.join("gd-matters.jsonl"))?.lines() {
        let matter: Value = serde_json::from_str(line)?;
        let field = |name: &str| matter[name].as_str().unwrap_or_default().to_owned();
        let named: Vec<String> = matter["themes"]
            .as_array()
            .context("a matter has no themes")?
            .iter()
            .filter_map(|theme| Some(theme.as_str()?.to_owned()))
            .collect();
        let mut text = field("text");
        for told in [field("dept"), field("area"), field("type")].iter().chain(&named) {
            text = text.replacen(told, " ", 1);
        }
        let text = format!("{}。{text}", field("title"));
        depts.push((field("id"), text.clone(), vec![field("dept")]));
        themes.push((field("id"), text, named));
    }
    Ok(vec![task("Guangdong, department", depts), task("Guangdong, theme", themes)])
}

/// Matters of a district: the name alone.
fn guangan(catalogue: &Path) -> anyhow::Result<Vec<Task>> {
    let (mut depts, mut themes) = (Vec::new(), Vec::new());
    let text = std::fs::read_to_string(catalogue.join("guangan-matters.json"))?;
    for matter in serde_json::from_str::<Vec<Value>>(&text)? {
        let field = |name: &str| matter[name].as_str().unwrap_or_default().to_owned();
        depts.push((field("link"), field("name"), vec![field("dept")]));
        if field("main") != "未分类" {
            themes.push((field("link"), field("name"), vec![field("main")]));
        }
    }
    Ok(vec![task("Guangan, department", depts), task("Guangan, theme", themes)])
}

type Recognise = Box<dyn Fn(&str) -> Vec<u16>>;

/// Mean macro-F1 over the folds of every cut, each recognised by what the others taught.
fn mean(task: &Task, fit: impl Fn(&[usize]) -> anyhow::Result<Recognise>) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    for (folds, fold) in task.folds.iter().flat_map(|cut| (0..FOLDS).map(move |fold| (cut, fold))) {
        let (teach, ask): (Vec<usize>, Vec<usize>) =
            (0..task.texts.len()).partition(|&text| folds[text] != fold);
        let recognise = fit(&teach)?;
        let pairs: Vec<(&[u16], Vec<u16>)> = ask
            .iter()
            .map(|&text| (task.labels[text].as_slice(), recognise(&task.texts[text])))
            .collect();
        sum += macro_f1(&pairs);
    }
    Ok(sum / (CUTS * FOLDS) as f64)
}

/// Over the classes that a text has or was given, as scikit-learn counts.
fn macro_f1(pairs: &[(&[u16], Vec<u16>)]) -> f64 {
    let mut counts: BTreeMap<u16, [f64; 3]> = BTreeMap::new();
    for (labels, found) in pairs {
        for class in *labels {
            counts.entry(*class).or_default()[if found.contains(class) { 0 } else { 2 }] += 1.0;
        }
        for class in found.iter().filter(|class| !labels.contains(class)) {
            counts.entry(*class).or_default()[1] += 1.0;
        }
    }
    let f1 = |[hit, wrong, missed]: &[f64; 3]| 2.0 * hit / (2.0 * hit + wrong + missed);
    counts.values().map(f1).sum::<f64>() / counts.len() as f64
}

/// The whole need model, its taxonomy being the labels; their names teach nothing.
fn need_model(task: &Task, teach: &[usize], several: bool) -> anyhow::Result<Recognise> {
    let need = |class: u16| Need {
        id: format!("class-{class}").as_str().into(),
        zh: String::new(),
        en: String::new(),
        group: String::new(),
        themes: vec![],
        topics: vec![],
        sensitivity: Sensitivity::Normal,
        kw_zh: vec![],
        kw_en: vec![],
    };
    let mut taxonomy = Taxonomy::default();
    taxonomy.needs = (0..task.classes).map(need).collect();
    let items: Vec<ItemText> = teach
        .iter()
        .map(|&text| ItemText {
            id: format!("{text}").into(),
            text: task.texts[text].clone(),
            labels: task.labels[text].clone(),
        })
        .collect();
    let (model, _) = NeedModel::fit(&items, &taxonomy, &NeedParams::default(), &|_| {})?;
    Ok(Box::new(move |text| {
        let found = model.probabilities(text);
        let sure: Vec<u16> =
            (0..).zip(&found).filter(|(_, p)| **p >= 0.5).map(|(c, _)| c).collect();
        if several && !sure.is_empty() {
            return sure;
        }
        let best = (0_u16..).zip(&found).max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        best.map(|(class, _)| class).into_iter().collect()
    }))
}

fn peer(python: &str, tasks: &[Task]) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("tasks.json");
    let tasks: Vec<Value> = tasks
        .iter()
        .map(|task| {
            json!({ "name": task.name, "texts": task.texts, "labels": task.labels, "folds": task.folds })
        })
        .collect();
    std::fs::write(&path, serde_json::to_vec(&tasks)?)?;
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/text_svm.py"));
    let status = Command::new(python).arg(script).arg(path).status()?;
    ensure!(status.success(), "the peer failed");
    Ok(())
}
