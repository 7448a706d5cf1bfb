//! Well-known files of clicks whose columns are named nowhere, told by where they have a written-out time.

use super::moment::is_written_out;
use super::split;

/// The header a file that begins with this line should have had; `None` where the line is one, or nothing known.
pub(super) fn header(line: &str) -> Option<&'static str> {
    let fields = split(line);
    if !fields.get(1).is_some_and(|time| is_written_out(time)) {
        return None;
    }
    let degrees = |field: &str, most: f64| {
        field.contains('.') && field.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most)
    };
    match fields[..] {
        [_, _, _] => Some("user_id,timestamp,item_id"),
        // The clicks of Yoochoose (RecSys Challenge 2015).
        [_, _, _, _] => Some("session_id,timestamp,item_id,category"),
        // Check-ins of Gowalla and Brightkite (SNAP).
        [_, _, latitude, longitude, _] if degrees(latitude, 90.0) && degrees(longitude, 180.0) => {
            Some("user_id,timestamp,latitude,longitude,item_id")
        }
        // The purchases of Yoochoose.
        [_, _, _, _, _] => Some("session_id,timestamp,item_id,price,quantity"),
        _ => None,
    }
}
