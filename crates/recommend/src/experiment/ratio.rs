//! Whether the arms got the shares they should: a sample-ratio mismatch means that no result may be believed.

/// The probability of counts at least as far from the weights as these, by Pearson's chi-square test; below 0.001 the
/// experiment is broken (Fabijan et al., KDD 2019). 1 where there is nothing to compare.
pub fn ratio_mismatch(counts: &[u64], weights: &[f64]) -> f64 {
    let all: f64 = counts.iter().map(|count| *count as f64).sum();
    let weight: f64 = weights.iter().sum();
    let usable = weights.iter().all(|weight| weight.is_finite() && *weight > 0.0);
    if counts.len() != weights.len() || counts.len() < 2 || all <= 0.0 || !usable {
        return 1.0;
    }
    let statistic: f64 = counts
        .iter()
        .zip(weights)
        .map(|(count, share)| {
            let expected = all * share / weight;
            (*count as f64 - expected).powi(2) / expected
        })
        .sum();
    upper_gamma((counts.len() - 1) as f64 / 2.0, statistic / 2.0)
}

/// The regularised upper incomplete gamma function Q(a, x), for a a multiple of ½: by recurrence from Q(½, x) or
/// Q(1, x), which is exact and enough for a number of arms.
fn upper_gamma(a: f64, x: f64) -> f64 {
    let whole = (a.fract()).abs() < 1e-9;
    let (mut at, mut q, mut term) = if whole {
        (1.0, (-x).exp(), x * (-x).exp())
    } else {
        let half = (-x).exp() * (x / std::f64::consts::PI).sqrt() * 2.0;
        (0.5, erfc(x.sqrt()), half)
    };
    // Q(a + 1, x) = Q(a, x) + xᵃ e⁻ˣ / Γ(a + 1).
    while at + 0.5 < a {
        q += term;
        at += 1.0;
        term *= x / at;
    }
    q.clamp(0.0, 1.0)
}

/// The complementary error function, within 1.2e-7 of itself (Numerical Recipes, erfcc).
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x);
    let terms = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let sum = terms.iter().rev().fold(0.0, |sum, term| sum * t + term);
    t * (-x * x + sum).exp()
}
