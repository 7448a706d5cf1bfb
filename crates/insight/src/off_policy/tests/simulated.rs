//! Campaigns of chance, with nothing of Open Bandit in them: what the default rule for the bound of `DRos` is judged by.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// A campaign as large as Open Bandit's, with click rates and a policy of chance: its random log, and a long one of the
/// policy for the truth.
fn simulated(random: &mut ChaCha8Rng) -> [OpenBandit; 2] {
    let actions = if random.random_bool(0.5) { 34 } else { 46 };
    let (base, spread) = (random.random_range(0.003..0.008), random.random_range(0.3..1.2_f64));
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let rates: Vec<f64> =
        (0..actions).map(|_| base * (spread * normal() - spread * spread / 2.0).exp()).collect();
    // It leans towards what is good, and to something else.
    let liking: Vec<f64> =
        rates.iter().map(|rate| (0.84 * (rate / base).ln() + normal()).exp()).collect();
    let all: f64 = liking.iter().sum();
    let mut log = |shares: &[f64], rows: u32| OpenBandit {
        log: (0..rows)
            .map(|nth| {
                let mut left: f64 = random.random();
                let drawn = shares.iter().position(|share| {
                    left -= share;
                    left < 0.0
                });
                let action = drawn.unwrap_or(actions - 1);
                Logged {
                    context: nth % 50,
                    position: nth % 3,
                    action: action as u32,
                    reward: f64::from(u8::from(random.random_bool(rates[action]))),
                    propensity: shares[action],
                }
            })
            .collect(),
        actions,
        positions: 3,
    };
    let shares: Vec<f64> = liking.iter().map(|liking| liking / all).collect();
    [log(&vec![1.0 / actions as f64; actions], 10_000), log(&shares, 200_000)]
}

/// The way the bound is chosen owes nothing to the logs it is reported on.
#[test]
fn shrinkage_by_the_default_rule_errs_less_than_ips_on_simulated_campaigns() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let params = OpenBanditParams { runs: 10, resamples: 2, ..OpenBanditParams::default() };
    let (mut ips, mut shrunk, mut not_above) = (0.0, 0.0, 0);
    let worlds = 60;
    for _ in 0..worlds {
        let [log, other] = simulated(&mut random);
        let report = open_bandit(&[("simulated", &log, &other)], &params).unwrap();
        let error = |name| report.campaigns[0].row(name).unwrap().relative_error;
        ips += error("IPS") / f64::from(worlds);
        shrunk += error("DRos") / f64::from(worlds);
        not_above += u32::from(error("DRos") <= error("IPS"));
    }
    println!(
        "relative error: IPS {ips:.4}, DRos {shrunk:.4}, not above in {not_above} of {worlds}"
    );
    assert!(shrunk < ips && not_above * 2 > worlds as u32, "{shrunk} and {ips}, {not_above}");
}
