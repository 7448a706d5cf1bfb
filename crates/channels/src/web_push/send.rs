//! The sender: one POST, every answer understood (RFC 8030 §5, §7.3, §8.4).

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};

use super::network::{Blocked, GuardedResolver};
use super::{Content, Egress, Target, Vapid, encrypt, payload};
use crate::policy::Urgency;
use crate::{ChannelError, Delivery, Device, FailReason, Medium, Outcome, Policy, Scope, Sender};

/// How Web Push is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where pushes may go.
    pub egress: Egress,
    /// How much of a message goes along.
    pub content: Content,
    /// Key of the topics: keep it, or collapsing stops working for what is under way.
    pub topic_key: [u8; 32],
    /// How long a service may keep a message, for each class.
    pub ttl: [SignedDuration; 4],
    /// How much a device may be woken, for each class.
    pub urgency: [Urgency; 4],
    /// Whole time for one request.
    pub timeout: Duration,
    /// A proxy for everything that leaves; the environment's proxies are not used.
    pub proxy: Option<url::Url>,
}

impl Settings {
    /// Settings with the policy's lives and urgencies and 15 seconds for a request.
    pub fn new(policy: &Policy, egress: Egress, topic_key: [u8; 32]) -> Self {
        Self {
            egress,
            content: Content::default(),
            topic_key,
            ttl: policy.ttl,
            urgency: policy.urgency,
            timeout: Duration::from_secs(15),
            proxy: None,
        }
    }
}

/// Sends to browsers' push services.
#[derive(Debug)]
pub struct WebPush {
    client: Client,
    vapid: Arc<Vapid>,
    settings: Settings,
}

/// What is read of an answer's body at most; it is thrown away.
const MAX_ANSWER: usize = 4096;

impl WebPush {
    /// A sender that signs with `vapid`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(vapid: Arc<Vapid>, settings: Settings) -> Result<Self, ChannelError> {
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.timeout.min(Duration::from_secs(5)))
            .timeout(settings.timeout)
            .pool_max_idle_per_host(16)
            .user_agent(concat!("civicsense/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(GuardedResolver::of(&settings.egress)));
        if let Some(proxy) = &settings.proxy {
            let proxy = reqwest::Proxy::all(proxy.clone()).map_err(ChannelError::Client)?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(ChannelError::Client)?;
        Ok(Self { client, vapid, settings })
    }

    /// The keys in use: the portal shows the current public key to browsers.
    pub fn vapid(&self) -> &Vapid {
        &self.vapid
    }

    /// Checks a browser's subscription before it is stored, name resolution included.
    ///
    /// # Errors
    /// [`ChannelError::Target`] with the field and why.
    pub async fn check(
        &self,
        subscription: &crate::message::PushSubscription,
    ) -> Result<Target, ChannelError> {
        let target = Target::parse(subscription, &self.settings.egress)?;
        if self.settings.proxy.is_none() {
            self.settings.egress.check_resolved(target.endpoint()).await?;
        }
        Ok(target)
    }

    /// Headers of one request; `None` where the message's life is over.
    fn headers(
        &self,
        delivery: &Delivery<'_>,
        device: &Device,
        target: &Target,
        now: Timestamp,
    ) -> Result<Option<HeaderMap>, Outcome> {
        let lane = delivery.job.class.position();
        let expires = delivery.job.expires_at.min(delivery.message.expires_at);
        let left = expires.duration_since(now).min(self.settings.ttl[lane]).as_secs();
        if left <= 0 {
            return Ok(None);
        }
        let authorization = self
            .vapid
            .authorization(&device.key_id, &target.origin(), now)
            .map_err(|_| Outcome::Permanent(FailReason::Unauthorised))?;
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => {
                headers.insert(name, value);
                Ok(())
            }
            Err(_) => Err(Outcome::Permanent(FailReason::Rejected)),
        };
        put("authorization", &authorization)?;
        put("ttl", &left.to_string())?;
        put("urgency", self.settings.urgency[lane].as_str())?;
        put("content-encoding", "aes128gcm")?;
        put("content-type", "application/octet-stream")?;
        if let Some(topic) =
            payload::topic(&self.settings.topic_key, delivery.message, delivery.job.person)
        {
            put("topic", &topic)?;
        }
        Ok(Some(headers))
    }
}

#[async_trait]
impl Sender for WebPush {
    fn medium(&self) -> Medium {
        Medium::WebPush
    }

    fn service(&self, device: Option<&Device>) -> String {
        let endpoint =
            device.and_then(|device| url::Url::parse(&device.subscription.endpoint).ok());
        endpoint.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    async fn send(&self, delivery: Delivery<'_>, now: Timestamp) -> Outcome {
        let Some(device) = delivery.device else { return Outcome::DeadTarget };
        let Ok(target) = Target::parse(&device.subscription, &self.settings.egress) else {
            return Outcome::Permanent(FailReason::Rejected);
        };
        let headers = match self.headers(&delivery, device, &target, now) {
            Ok(Some(headers)) => headers,
            Ok(None) => return Outcome::Retry { after: None, scope: Scope::Device },
            Err(outcome) => return outcome,
        };
        let body =
            match encrypt(&target, &payload::payload(delivery.message, self.settings.content)) {
                Ok(body) => body,
                Err(ChannelError::PayloadTooLarge { .. }) => {
                    return Outcome::Permanent(FailReason::TooLarge);
                }
                Err(_) => return Outcome::Permanent(FailReason::Rejected),
            };
        let request = self.client.post(target.endpoint().clone()).headers(headers).body(body);
        match request.send().await {
            Ok(response) => {
                let host = target.endpoint().host_str().unwrap_or_default();
                let outcome = classify(response.status(), response.headers(), host, now);
                read_away(response).await;
                outcome
            }
            Err(error) => of_error(&error),
        }
    }
}

/// Reads a short answer so that the connection can be used again; a long one closes it.
async fn read_away(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > MAX_ANSWER {
            return;
        }
    }
}

/// No answer: was anything sent?
fn of_error(error: &reqwest::Error) -> Outcome {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Blocked>() {
            return Outcome::Permanent(FailReason::Rejected);
        }
        cause = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        Outcome::Retry { after: None, scope: Scope::Device }
    } else {
        Outcome::Unknown
    }
}

/// What an answer means. 400, 401 and 403 are our own fault: the subscription stays.
pub fn classify(status: StatusCode, headers: &HeaderMap, host: &str, now: Timestamp) -> Outcome {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match status.as_u16() {
        200..=202 | 204 => Outcome::Accepted {
            provider_ref: text("location").unwrap_or_default().to_owned(),
            ttl: text("ttl").and_then(|ttl| ttl.trim().parse().ok()).map(SignedDuration::from_secs),
        },
        404 | 410 => Outcome::DeadTarget,
        413 => Outcome::Permanent(FailReason::TooLarge),
        401 | 403 => Outcome::Permanent(FailReason::Unauthorised),
        // Windows' service throttles with 406.
        406 if host.ends_with(".notify.windows.com") => throttled(text("retry-after"), now),
        429 => throttled(text("retry-after"), now),
        408 | 500..=599 => match retry_after(text("retry-after"), now) {
            Some(after) => Outcome::Retry { after: Some(after), scope: Scope::Service },
            None => Outcome::Retry { after: None, scope: Scope::Device },
        },
        _ => Outcome::Permanent(FailReason::Rejected),
    }
}

fn throttled(value: Option<&str>, now: Timestamp) -> Outcome {
    let after = retry_after(value, now).unwrap_or(SignedDuration::from_secs(60));
    Outcome::Retry { after: Some(after), scope: Scope::Service }
}

/// Seconds or an HTTP date (RFC 9110 §10.2.3); never longer than a day, whatever the service says.
fn retry_after(value: Option<&str>, now: Timestamp) -> Option<SignedDuration> {
    let value = value?.trim();
    let wait = match value.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(i64::from(seconds)),
        Err(_) => {
            let moment = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
            moment.duration_since(now).max(SignedDuration::ZERO)
        }
    };
    Some(wait.min(SignedDuration::from_hours(24)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_meaning() {
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static("/m/1"));
        headers.insert("ttl", HeaderValue::from_static("60"));
        let answer = |status: u16, headers: &HeaderMap, host: &str| {
            classify(StatusCode::from_u16(status).unwrap(), headers, host, now)
        };
        let none = HeaderMap::new();
        assert_eq!(
            answer(201, &headers, "a"),
            Outcome::Accepted {
                provider_ref: "/m/1".to_owned(),
                ttl: Some(SignedDuration::from_secs(60))
            }
        );
        for gone in [404, 410] {
            assert_eq!(answer(gone, &none, "a"), Outcome::DeadTarget);
        }
        for fault in [400, 401, 403, 406, 413, 301] {
            assert!(matches!(answer(fault, &none, "a"), Outcome::Permanent(_)), "{fault}");
        }
        let pause = |seconds| Outcome::Retry {
            after: Some(SignedDuration::from_secs(seconds)),
            scope: Scope::Service,
        };
        assert_eq!(answer(406, &none, "db5.notify.windows.com"), pause(60));
        headers.insert("retry-after", HeaderValue::from_static("7"));
        assert_eq!(answer(429, &headers, "a"), pause(7));
        headers.insert("retry-after", HeaderValue::from_static("Mon, 23 Nov 2026 00:01:30 GMT"));
        assert_eq!(answer(503, &headers, "a"), pause(90));
        headers.insert("retry-after", HeaderValue::from_static("Sun, 22 Nov 2026 00:01:30 GMT"));
        assert_eq!(answer(429, &headers, "a"), pause(0));
        headers.insert("retry-after", HeaderValue::from_static("4000000000"));
        assert_eq!(answer(429, &headers, "a"), pause(86_400));
        assert_eq!(answer(500, &none, "a"), Outcome::Retry { after: None, scope: Scope::Device });
    }
}
