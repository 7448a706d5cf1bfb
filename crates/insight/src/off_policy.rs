//! Off-policy evaluation: what another policy would have earned, told from the log of the one that ran.
//!
//! Every estimator needs four numbers of a logged row: the importance weight, the reward, the model's guess for the
//! action taken and its guess for the policy asked about ([`Round`]). Estimators agree with the Open Bandit Pipeline
//! (Saito, Aihara, Matsutani, Narita, *Open Bandit Dataset and Pipeline*, 2021); the fixture in `tests/fixtures` pins
//! it. A log that cannot carry the question is refused with the reason ([`Refusal`]), not answered with a wide guess.

mod estimators;
mod intervals;
mod logged;
mod open_bandit;
mod overlap;
mod rewards;
mod tuning;

pub use estimators::Estimator;
pub use intervals::{Outcome, Value, estimate};
pub use logged::{Logged, OpenBandit, Policy, Round};
pub use open_bandit::{Campaign, OpenBanditParams, OpenBanditReport, open_bandit};
pub use overlap::{Overlap, Refusal};
pub use rewards::RewardModel;
pub use tuning::{Bias, Family, Tuned, tune};

#[cfg(test)]
mod tests;
