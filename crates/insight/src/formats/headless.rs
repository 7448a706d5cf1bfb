//! Well-known files of clicks whose columns are named nowhere, told by where they have a written-out time.

use super::moment::is_written_out;
use super::split;

/// Columns of such files, by number of fields; the second is the time.
const KNOWN: [(usize, &str); 3] = [
    // user, time, item
    (3, "user_id,timestamp,item_id"),
    // Yoochoose (RecSys Challenge 2015): session, time, item, category
    (4, "session_id,timestamp,item_id,category"),
    // Gowalla, Brightkite (SNAP): user, time, latitude, longitude, place
    (5, "user_id,timestamp,latitude,longitude,item_id"),
];

/// The header a file that begins with this line should have had; `None` where the line is one, or nothing known.
pub(super) fn header(line: &str) -> Option<&'static str> {
    let fields = split(line);
    if !fields.get(1).is_some_and(|time| is_written_out(time)) {
        return None;
    }
    KNOWN.iter().find(|known| known.0 == fields.len()).map(|known| known.1)
}
