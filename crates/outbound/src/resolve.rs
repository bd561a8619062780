//! Names to addresses, with the filter between the answer and the connection.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::address::AddressPolicy;

/// A future of the addresses of one name.
pub type Resolved = std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Where addresses of a name come from. Tests and other resolvers plug in here; the filter comes after it, always.
pub trait HostResolver: Send + Sync + 'static {
    /// Addresses of `host`, in order of preference. An empty list means the name does not exist.
    fn resolve(&self, host: &str) -> Resolved;
}

/// The system's resolver (`getaddrinfo`), called off the async threads.
///
/// At most 64 look-ups run at once; further ones wait and are covered by the connect timeout of their request. A look-up whose
/// request gave up keeps its place until the system answers, so a dead name server cannot take all blocking threads.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    slots: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(64)) }
    }
}

impl HostResolver for SystemResolver {
    fn resolve(&self, host: &str) -> Resolved {
        let (host, slots) = (host.to_owned(), Arc::clone(&self.slots));
        Box::pin(async move {
            let slot = slots.acquire_owned().await.map_err(std::io::Error::other)?;
            let look_up = move || {
                let _slot = slot;
                (host.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect())
            };
            tokio::task::spawn_blocking(look_up).await.map_err(std::io::Error::other)?
        })
    }
}

/// Every address of the name is refused by the policy. Its text is for logs of this crate only and names nothing.
#[derive(Debug, thiserror::Error)]
#[error("no permitted address")]
pub(crate) struct AddressRefused;

/// What the HTTP library resolves with: it connects to what this returns and nothing else.
pub(crate) struct GuardedResolver {
    pub(crate) inner: Arc<dyn HostResolver>,
    pub(crate) policy: AddressPolicy,
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl reqwest::dns::Resolve for GuardedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let answer = self.inner.resolve(name.as_str());
        let (policy, host) = (self.policy.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let found = answer.await?;
            let is_empty = found.is_empty();
            let permitted: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| policy.permits(*address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            match (permitted.is_empty(), is_empty) {
                (false, _) => Ok(Box::new(permitted.into_iter()) as reqwest::dns::Addrs),
                (true, true) => Err("no address".into()),
                (true, false) => {
                    tracing::warn!(host, "outbound host resolves to refused addresses only");
                    Err(AddressRefused.into())
                }
            }
        })
    }
}
