//! Parts of everybody: where something is used (channel and division) and whom it is used for.

use vocab::{Audience, Channel};

/// A part of everybody. What is left open takes in all of it: [`Segment::default`] is everybody.
///
/// Divisions count as prefectures (4403) and as provinces (44), the first digits of GB/T 2260: districts are too small
/// for trends of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    /// The channel; `None` is every one.
    pub channel: Option<Channel>,
    /// Two or four digits of the division; 0 is everywhere.
    pub division: u16,
    /// Whom it is used for; only together with a channel.
    pub audience: Audience,
}

impl Segment {
    /// The parts that something on `channel`, in `region` (GB/T 2260; empty or unreadable is unknown), for `audience`
    /// belongs to, narrowest first and without everybody: at most eight. The place outweighs the channel, because what
    /// a city's people look for is the city's, and the channel outweighs the audience, which is often not known.
    pub fn all_of(
        channel: Channel,
        region: &str,
        audience: Audience,
    ) -> impl Iterator<Item = Self> + use<> {
        let prefecture = digits(region, 4);
        let province = digits(region, 2);
        let levels = [prefecture, province, Some(0)].into_iter().flatten();
        levels.flat_map(move |division| {
            let placed = Self { channel: None, division, audience: Audience::All };
            let there = Self { channel: Some(channel), ..placed };
            let whose = (audience != Audience::All).then_some(Self { audience, ..there });
            let placed = (division != 0).then_some(placed);
            [whose, Some(there), placed].into_iter().flatten()
        })
    }

    /// The parts around it, nearest first, without everybody.
    pub(crate) fn wider(self) -> impl Iterator<Item = Self> {
        let without_audience = Self { audience: Audience::All, ..self };
        let without_channel = Self { channel: None, ..without_audience };
        let province = Self {
            division: if self.division > 99 { self.division / 100 } else { 0 },
            ..without_channel
        };
        [without_audience, without_channel, province]
            .into_iter()
            .filter(move |wider| *wider != self && *wider != Self::default())
    }

    /// How many parts are around it at most: wider ones have fewer.
    pub(crate) fn depth(self) -> u8 {
        let of_division = match self.division {
            0 => 0,
            1..=99 => 1,
            _ => 2,
        };
        of_division + u8::from(self.channel.is_some()) + u8::from(self.audience != Audience::All)
    }
}

/// The first digits of a division; `None` where it has none there.
fn digits(region: &str, count: usize) -> Option<u16> {
    let start = region.get(..count)?;
    // A province as a whole (440000) has no prefecture.
    let own = start.get(count - 2..)?;
    let is_code = start.bytes().all(|byte| byte.is_ascii_digit()) && own != "00";
    if is_code && !start.starts_with('0') { start.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(region: &str, audience: Audience) -> Vec<(bool, u16, Audience)> {
        Segment::all_of(Channel::Kiosk, region, audience)
            .map(|part| (part.channel.is_some(), part.division, part.audience))
            .collect()
    }

    #[test]
    fn parts_go_from_the_narrowest_to_the_widest() {
        use Audience::{All, Legal};
        let expected = [
            (true, 4403, Legal),
            (true, 4403, All),
            (false, 4403, All),
            (true, 44, Legal),
            (true, 44, All),
            (false, 44, All),
            (true, 0, Legal),
            (true, 0, All),
        ];
        assert_eq!(all("440305", Legal), expected);
        assert_eq!(all("440000", All), [(true, 44, All), (false, 44, All), (true, 0, All)]);
        for unknown in ["", "4", "FR", "00", "深圳市福田"] {
            assert_eq!(all(unknown, All), [(true, 0, All)], "{unknown}");
        }
    }

    #[test]
    fn every_part_lies_within_those_around_it() {
        for part in Segment::all_of(Channel::App, "440305", Audience::Natural) {
            let around: Vec<_> = part.wider().collect();
            assert!(
                around.iter().all(|wider| wider.depth() < part.depth()),
                "{part:?}: {around:?}"
            );
        }
        let city = Segment { division: 4403, ..Segment::default() };
        assert_eq!(city.wider().collect::<Vec<_>>(), [Segment { division: 44, ..city }]);
    }
}
