//! Where pushes may go: listed hosts, public addresses, nothing inside our own network.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::ChannelError;

/// The allowed destinations. By default none: nothing leaves before an operator says where to (invariant 9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    hosts: Vec<String>,
    loopback: bool,
}

impl Egress {
    /// Hosts of the push services of the big browsers.
    pub const KNOWN: [&'static str; 5] = [
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ];

    /// Allows `hosts`: a name, `*.suffix`, or `*` for every public host.
    pub fn new<S: Into<String>>(hosts: impl IntoIterator<Item = S>) -> Self {
        Self { hosts: hosts.into_iter().map(Into::into).collect(), loopback: false }
    }

    /// Also allows plain HTTP to loopback addresses: for tests and rehearsals on one machine only.
    #[must_use]
    pub fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Checks scheme, host and literal address of an endpoint; names are resolved when sending.
    ///
    /// # Errors
    /// [`ChannelError::Target`] saying which rule it breaks, without repeating the address.
    pub fn check(&self, endpoint: &Url) -> Result<(), ChannelError> {
        let refuse = |reason| Err(ChannelError::Target { field: "endpoint", reason });
        let Some(host) = endpoint.host() else { return refuse("has no host") };
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return refuse("carries a user name or password");
        }
        let address = match host {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(_) => None,
        };
        if self.loopback && address.is_some_and(|ip| ip.is_loopback()) {
            return Ok(());
        }
        if endpoint.scheme() != "https" {
            return refuse("is not https");
        }
        if address.is_some_and(|ip| !is_public(ip)) {
            return refuse("is an address inside a private network");
        }
        let name = host.to_string().to_ascii_lowercase();
        let listed = self.hosts.iter().any(|pattern| match pattern.strip_prefix('*') {
            Some(suffix) => suffix.is_empty() || name.ends_with(suffix),
            None => *pattern == name,
        });
        if listed { Ok(()) } else { refuse("is not on the list of allowed push services") }
    }

    /// Resolves the endpoint's host and checks that it has a public address: for the moment of subscribing.
    ///
    /// # Errors
    /// As [`Egress::check`], and where the host has no allowed address.
    pub async fn check_resolved(&self, endpoint: &Url) -> Result<(), ChannelError> {
        self.check(endpoint)?;
        if let Some(Host::Domain(name)) = endpoint.host()
            && resolve(name, self.loopback).await.is_err()
        {
            return Err(ChannelError::Target {
                field: "endpoint",
                reason: "does not resolve to a public address",
            });
        }
        Ok(())
    }
}

/// A name that leads into our own network.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to no public address")]
pub(crate) struct Blocked;

/// The HTTP client's resolver: the connection is made to the very addresses that were checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuardedResolver {
    pub(crate) loopback: bool,
}

impl GuardedResolver {
    pub(crate) fn of(egress: &Egress) -> Self {
        Self { loopback: egress.loopback }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = resolve(name.as_str(), loopback).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

async fn resolve(
    name: &str,
    loopback: bool,
) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    let allowed: Vec<SocketAddr> =
        found.filter(|at| is_public(at.ip()) || (loopback && at.ip().is_loopback())).collect();
    if allowed.is_empty() { Err(Box::new(Blocked)) } else { Ok(allowed) }
}

/// Whether an address belongs to the public internet (IANA special-purpose registries).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        // Global unicast is 2000::/3; inside it Teredo, ORCHID and documentation are not addresses of services.
        [0x2001, 0 | 0x0db8, ..] | [0x3fff, ..] => false,
        [0x2001, second, ..] => !(0x10..0x40).contains(&second),
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(egress: &Egress, endpoint: &str) -> Result<(), String> {
        let url = Url::parse(endpoint).map_err(|_| "no url".to_owned())?;
        egress.check(&url).map_err(|error| error.to_string())
    }

    #[test]
    fn hostile_endpoints_are_refused_and_not_repeated_in_the_error() {
        let any = Egress::new(["*"]);
        for endpoint in [
            "http://push.example.org/x",
            "https://127.0.0.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://[::1]/x",
            "https://[::ffff:10.0.0.1]/x",
            "https://[64:ff9b::a9fe:a9fe]/x",
            "https://[2002:7f00:1::]/x",
            "https://169.254.169.254/latest",
            "https://10.1.2.3/x",
            "https://100.64.0.1/x",
            "https://[fd00::1]/x",
            "https://[fe80::1]/x",
            "https://user:secret@push.example.org/x",
            "data:text/plain,x",
            "javascript:alert(1)",
        ] {
            let error = verdict(&any, endpoint).unwrap_err();
            assert!(!error.contains("example") && !error.contains("169"), "{error}");
        }
        assert_eq!(verdict(&any, "https://push.example.org:8443/x"), Ok(()));
        assert_eq!(verdict(&any, "https://[2606:4700::1]/x"), Ok(()));
    }

    #[test]
    fn only_listed_hosts_are_reached_and_by_default_none() {
        let known = Egress::new(Egress::KNOWN);
        assert_eq!(verdict(&known, "https://web.push.apple.com/abc"), Ok(()));
        assert_eq!(verdict(&known, "https://fcm.googleapis.com/fcm/send/abc"), Ok(()));
        assert!(verdict(&known, "https://push.apple.com.evil.org/abc").is_err());
        assert!(verdict(&known, "https://evilpush.apple.com.org/abc").is_err());
        assert!(verdict(&Egress::default(), "https://fcm.googleapis.com/x").is_err());
        assert!(verdict(&Egress::default(), "http://127.0.0.1:1/x").is_err());
        assert_eq!(verdict(&Egress::default().with_loopback(), "http://127.0.0.1:1/x"), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_when_it_is_resolved() {
        let url = Url::parse("https://localhost/x").unwrap();
        let error = Egress::new(["*"]).check_resolved(&url).await.unwrap_err();
        assert!(error.to_string().contains("public address"), "{error}");
        Egress::new(["*"]).with_loopback().check_resolved(&url).await.unwrap();
    }
}
