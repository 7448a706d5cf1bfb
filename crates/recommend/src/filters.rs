//! What takes items out, one component a file. A soft filter's items may come back to fill a short list.

pub mod audience;
pub mod blocked;
pub mod condition;
pub mod current_item;
pub mod duplicate;
pub mod expired;
pub mod given;
pub mod language;
pub mod never;
pub mod region;
pub mod seen;
pub mod sensitivity;
pub mod served;
pub mod site;
pub mod unwanted;
