//! The report as pictures: every model's figure with its 95 % interval, a bar each, as SVG.

use insight::evaluate::prequential::StreamReport;
use insight::evaluate::{Estimate, Variant};
use insight::off_policy::OpenBanditReport;
use insight::{Report, cold_start::ColdStartReport, links::LinksReport};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Found;

const WIDTH: u32 = 860;
/// Height of a bar with its gap, pixels.
const BAR: u32 = 34;
/// Room for names.
const LEFT: u32 = 230;
/// Room for the axis.
const BELOW: u32 = 46;
/// Room for the title.
const ABOVE: u32 = 50;
const INK: RGBColor = RGBColor(0x1f, 0x2a, 0x37);
const FAINT: RGBColor = RGBColor(0xd9, 0xdf, 0xe6);
const BEST: RGBColor = RGBColor(0x1d, 0x5f, 0xa8);
const OTHER: RGBColor = RGBColor(0x9c, 0xb4, 0xcf);

/// One picture.
pub(super) struct Chart {
    /// Without its ending.
    pub(super) file: String,
    title: String,
    bars: Vec<(String, Estimate)>,
    /// Whether more is better.
    upward: bool,
}

/// The pictures of a report.
pub(super) fn charts(found: &Found) -> Vec<Chart> {
    match found {
        Found::Split(report) => of_split(report),
        Found::Stream(report) => of_stream(report),
        Found::Links(report) => of_links(report),
        Found::Cold(report) => of_cold(report),
        Found::Policies(report) => of_policies(report),
    }
}

fn chart(
    file: impl Into<String>,
    title: impl Into<String>,
    bars: impl Iterator<Item = (String, Estimate)>,
) -> Chart {
    Chart { file: file.into(), title: title.into(), bars: bars.collect(), upward: true }
}

fn of_split(report: &Report) -> Vec<Chart> {
    let mut charts = Vec::new();
    for variant in [Variant::New, Variant::All] {
        let entries = || report.entries.iter().filter(move |entry| entry.variant == variant);
        let (name, at) = (variant.as_str(), report.at);
        charts.push(chart(
            format!("ndcg-{name}"),
            format!("NDCG@{at}, {name} items"),
            entries().map(|entry| (entry.model.clone(), entry.ndcg)),
        ));
        charts.push(chart(
            format!("recall-{name}"),
            format!("Recall@{at}, {name} items"),
            entries().map(|entry| (entry.model.clone(), entry.recall)),
        ));
    }
    charts
}

fn of_stream(report: &StreamReport) -> Vec<Chart> {
    let mut charts = Vec::new();
    for lag in &report.lags {
        let told = lag.lag.describe();
        let file = told.replace(' ', "-");
        charts.push(chart(
            format!("full-{file}"),
            format!("HR@20, all items of the last 24 h ranked, {told}"),
            lag.full.iter().map(|row| (row.model.clone(), row.hr_20)),
        ));
        charts.push(chart(
            format!("sampled-{file}"),
            format!("HR@10 against 50 popular negatives (sampled), {told}"),
            lag.sampled.iter().map(|row| (row.model.clone(), row.hr_10)),
        ));
    }
    charts
}

fn of_links(report: &LinksReport) -> Vec<Chart> {
    let bars = report.entries.iter().map(|entry| (entry.model.clone(), entry.hit_rate));
    vec![chart("hit-rate", format!("HR@{}, held-out moves", report.at), bars)]
}

fn of_cold(report: &ColdStartReport) -> Vec<Chart> {
    let bars = report.entries.iter().map(|entry| (entry.model.clone(), entry.ndcg));
    vec![chart("ndcg", format!("NDCG@{}, items nobody has used", report.at), bars)]
}

fn of_policies(report: &OpenBanditReport) -> Vec<Chart> {
    let campaigns = report.campaigns.iter().map(|campaign| {
        let bars = campaign.rows.iter().map(|row| {
            let (mean, spread) = (row.relative_error, row.spread);
            let low = (mean - spread).max(0.0);
            (row.estimator.clone(), Estimate { mean, low, high: mean + spread })
        });
        let title = format!("Relative error ± one deviation, {}; less is better", campaign.name);
        let file = format!("error-{}", campaign.name);
        Chart { upward: false, ..chart(file, title, bars) }
    });
    campaigns.collect()
}

impl Chart {
    /// The picture as SVG.
    ///
    /// # Errors
    /// What the drawing library cannot do.
    pub(super) fn svg(&self) -> anyhow::Result<String> {
        let mut svg = String::new();
        {
            let height = ABOVE + BELOW + BAR * u32::try_from(self.bars.len())?;
            let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            self.draw(&area).map_err(|error| anyhow::anyhow!("{}: {error}", self.file))?;
        }
        Ok(svg)
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        area.fill(&WHITE)?;
        let text = |size: i32| ("sans-serif", size).into_font().color(&INK);
        area.draw(&Text::new(self.title.clone(), (16, 16), text(19)))?;
        let finite = |value: &f64| value.is_finite();
        let most = self.bars.iter().map(|bar| bar.1.high).filter(finite).fold(0.0, f64::max);
        let most = if most > 0.0 { most * 1.08 } else { 1.0 };
        let means = || self.bars.iter().map(|bar| bar.1.mean).filter(finite);
        let best = if self.upward {
            means().fold(f64::NEG_INFINITY, f64::max)
        } else {
            means().fold(f64::INFINITY, f64::min)
        };
        let bottom = (ABOVE + BAR * self.bars.len() as u32) as i32;
        let across =
            |value: f64| LEFT as i32 + (value / most * f64::from(WIDTH - LEFT - 90)) as i32;
        let step = round_step(most / 5.0);
        for value in (0..).map(|nth| f64::from(nth) * step).take_while(|value| *value <= most) {
            let line = [(across(value), ABOVE as i32 - 6), (across(value), bottom)];
            area.draw(&PathElement::new(line, FAINT))?;
            let label = text(14).pos(Pos::new(HPos::Center, VPos::Top));
            let told = format!("{}", (value * 1e6).round() / 1e6);
            area.draw(&Text::new(told, (across(value), bottom + 8), label))?;
        }
        for (nth, (name, figure)) in self.bars.iter().enumerate() {
            let top = (ABOVE + BAR * nth as u32) as i32;
            let middle = top + BAR as i32 / 2 - 2;
            let aside = text(15).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(name.clone(), (LEFT as i32 - 12, middle), aside))?;
            if !figure.mean.is_finite() {
                continue;
            }
            let colour = if (figure.mean - best).abs() < f64::EPSILON { BEST } else { OTHER };
            let bar = [(LEFT as i32, top + 4), (across(figure.mean), top + BAR as i32 - 8)];
            area.draw(&Rectangle::new(bar, colour.filled()))?;
            let (low, high) = (across(figure.low), across(figure.high));
            area.draw(&PathElement::new([(low, middle), (high, middle)], INK.stroke_width(2)))?;
            for end in [low, high] {
                let tick = [(end, middle - 5), (end, middle + 5)];
                area.draw(&PathElement::new(tick, INK.stroke_width(2)))?;
            }
            let label = text(15).pos(Pos::new(HPos::Left, VPos::Center));
            let at = (across(figure.mean).max(high) + 8, middle);
            area.draw(&Text::new(format!("{:.4}", figure.mean), at, label))?;
        }
        area.present()
    }
}

/// The round number next above: 1, 2 or 5 with zeros.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= least);
    step.unwrap_or(10.0) * power
}
