//! Who may bind: the programs of the configuration, and those that accounts have made, as the database has them at the moment.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use flexio_app::App;
use flexio_domain::{AccountSid, SmppBind, SmppUser as Kept};
use flexio_smpp::{BindMode, Secret, server::Bind};
use flexio_store::StoreError;
use tokio::sync::{mpsc, watch};

use super::{Parcel, config::SmppUser};

/// What a program may do, whoever said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) account: AccountSid,
    password: Secret,
    binds: Vec<SmppBind>,
    addresses: Vec<IpAddr>,
    pub(super) binds_max: usize,
    /// Requests of one bind that may wait.
    pub(super) window: usize,
    submits_per_s: u32,
    /// Of the row in the database; 0 for the configuration.
    version: u32,
}

impl Terms {
    /// Of the configuration; `None` where the account is none.
    fn configured(user: &SmppUser, window: usize) -> Option<Self> {
        Some(Self {
            account: user.account.parse().ok()?,
            password: Secret::new(user.password.clone()),
            binds: SmppBind::ALL.to_vec(),
            addresses: user.addresses.clone(),
            binds_max: user.binds_max,
            window,
            submits_per_s: user.submits_per_s,
            version: 0,
        })
    }

    /// Of the database; `None` where its password cannot be read.
    fn kept(app: &App, user: &Kept) -> Option<Self> {
        let password = match app.smpp_password(user) {
            Ok(password) => Secret::new(password.0),
            Err(error) => {
                tracing::error!(%error, smpp_user_sid = %user.sid, "smpp_password_not_opened");
                return None;
            }
        };
        Some(Self {
            account: user.account_sid,
            password,
            binds: user.binds.clone(),
            addresses: user.addresses.clone(),
            binds_max: user.binds_max.into(),
            window: user.window.into(),
            submits_per_s: user.submits_per_s,
            version: user.version,
        })
    }

    /// Whether this is its password, in a time that does not depend on where it is wrong, and this one of its addresses.
    pub(super) fn lets_in(&self, bind: &Bind, peer: IpAddr) -> bool {
        let (ours, theirs) = (self.password.expose().as_bytes(), bind.password.expose().as_bytes());
        let differences = ours.iter().zip(theirs).fold(0, |all, (a, b)| all | (a ^ b));
        let is_password = std::hint::black_box(differences) == 0 && ours.len() == theirs.len();
        is_password && (self.addresses.is_empty() || self.addresses.contains(&peer))
    }

    /// Whether it may bind this way.
    pub(super) fn may(&self, mode: BindMode) -> bool {
        self.binds.contains(&match mode {
            BindMode::Transmitter => SmppBind::Transmitter,
            BindMode::Receiver => SmppBind::Receiver,
            BindMode::Transceiver => SmppBind::Transceiver,
        })
    }

    /// Whether whoever was let in by `before` would be let in by these.
    fn keeps_binds_of(&self, before: &Self) -> bool {
        let of = |terms: &Self| (terms.account, terms.binds.clone(), terms.addresses.clone());
        self.password == before.password && of(self) == of(before)
    }
}

/// A program, and its binds of the moment.
pub(super) struct User {
    pub(super) name: String,
    terms: RwLock<Arc<Terms>>,
    pub(super) binds: AtomicUsize,
    /// Binds that take deliveries, at most [`Terms::binds_max`].
    pub(super) receivers: Mutex<Vec<(u64, mpsc::Sender<Parcel>)>>,
    pub(super) turn: AtomicUsize,
    /// When the next submit is due at the contracted rate.
    due: Mutex<Option<Instant>>,
    /// Its binds are to end.
    over: watch::Sender<bool>,
}

impl User {
    fn new(name: &str, terms: Terms) -> Self {
        Self {
            name: name.to_owned(),
            terms: RwLock::new(Arc::new(terms)),
            binds: AtomicUsize::new(0),
            receivers: Mutex::default(),
            turn: AtomicUsize::new(0),
            due: Mutex::default(),
            over: watch::Sender::new(false),
        }
    }

    pub(super) fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, terms: Terms) {
        *self.terms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms);
    }

    /// Tells its binds when they are to end.
    pub(super) fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// Takes a place for one submit; `false` beyond the rate, of which one second may be used at once.
    pub(super) fn may_submit(&self, now: Instant) -> bool {
        let rate = self.terms().submits_per_s;
        if rate == 0 {
            return true;
        }
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let next = due.map_or(now, |due| due.max(now)) + Duration::from_secs(1) / rate;
        if next.duration_since(now) > Duration::from_secs(1) {
            return false;
        }
        *due = Some(next);
        true
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Users {
    configured: HashMap<String, Arc<User>>,
    /// Those of the database that are bound, or were a moment ago.
    kept: Mutex<HashMap<String, Arc<User>>>,
}

impl Users {
    /// Those of the configuration; a bind of theirs may have `window` requests that wait.
    pub(super) fn new(configured: &[SmppUser], window: usize) -> Self {
        let user = |user: &SmppUser| {
            let terms = Terms::configured(user, window)?;
            Some((user.system_id.clone(), Arc::new(User::new(&user.system_id, terms))))
        };
        Self { configured: configured.iter().filter_map(user).collect(), kept: Mutex::default() }
    }

    /// One that may be bound.
    pub(super) fn bound(&self, name: &str) -> Option<Arc<User>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.configured.get(name).or_else(|| kept.get(name)).map(Arc::clone)
    }

    /// One that wants to bind, as it is at the moment.
    pub(super) async fn find(&self, app: &App, name: &str) -> Result<Option<Arc<User>>, StoreError> {
        if let Some(user) = self.configured.get(name) {
            return Ok(Some(Arc::clone(user)));
        }
        let row = app.store.smpp_user_by_name(name).await?;
        Ok(self.renew(name, row.as_ref().and_then(|row| Terms::kept(app, row))))
    }

    /// Looks at those that are bound again: what was changed holds from now on.
    pub(super) async fn refresh(&self, app: &App) {
        let names: Vec<String> = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever binds, or is bound, holds it too.
            kept.retain(|_, user| Arc::strong_count(user) > 1);
            kept.keys().cloned().collect()
        };
        for name in names {
            match app.store.smpp_user_by_name(&name).await {
                Ok(row) => drop(self.renew(&name, row.as_ref().and_then(|row| Terms::kept(app, row)))),
                Err(error) => return tracing::warn!(%error, "smpp_users_not_read"),
            }
        }
    }

    /// The program with these terms. Where those that are bound would not be let in any more, they end, and it begins anew.
    fn renew(&self, name: &str, terms: Option<Terms>) -> Option<Arc<User>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let there = kept.get(name).map(Arc::clone);
        if let (Some(user), Some(terms)) = (&there, &terms) {
            let before = user.terms();
            if before.version == terms.version && before.account == terms.account {
                return there;
            }
            if terms.keeps_binds_of(&before) {
                user.change(terms.clone());
                return there;
            }
        }
        if let Some(user) = there {
            kept.remove(name);
            tracing::info!(user = name, binds = user.binds.load(Ordering::Relaxed), "smpp_user_ended");
            user.over.send_replace(true);
        }
        let user = Arc::new(User::new(name, terms?));
        kept.insert(name.to_owned(), Arc::clone(&user));
        Some(user)
    }
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").field("configured", &self.configured.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(version: u32) -> Terms {
        Terms {
            account: AccountSid::from_u128(1),
            password: Secret::new("secret"),
            binds: vec![SmppBind::Transmitter],
            addresses: vec!["192.0.2.1".parse().unwrap()],
            binds_max: 1,
            window: 1,
            submits_per_s: 4,
            version,
        }
    }

    fn bind(password: &str) -> Bind {
        let (mode, edition) = (BindMode::Transmitter, flexio_smpp::Edition::V3_4);
        Bind { mode, system_id: "a".to_owned(), password: Secret::new(password), edition }
    }

    #[test]
    fn a_second_s_worth_of_submits_may_come_at_once_and_then_the_rate_holds() {
        let user = User::new("a", terms(1));
        let now = tokio::time::Instant::now().into_std();
        let taken = |at: Instant| (0..10).filter(|_| user.may_submit(at)).count();
        assert_eq!(taken(now), 4);
        assert_eq!(taken(now + Duration::from_millis(250)), 1);
        assert_eq!(taken(now + Duration::from_secs(10)), 4);
        let free = User::new("a", Terms { submits_per_s: 0, ..terms(1) });
        assert!((0..10).all(|_| free.may_submit(now)));
    }

    #[test]
    fn only_the_whole_password_from_one_of_the_addresses_gets_in_and_only_as_allowed() {
        let (terms, here) = (terms(1), "192.0.2.1".parse().unwrap());
        for (given, is) in
            [("secret", true), ("secre", false), ("secrets", false), ("", false), ("sEcret", false)]
        {
            assert_eq!(terms.lets_in(&bind(given), here), is, "{given}");
        }
        assert!(!terms.lets_in(&bind("secret"), "192.0.2.2".parse().unwrap()));
        assert!(
            Terms { addresses: vec![], ..terms.clone() }
                .lets_in(&bind("secret"), "192.0.2.2".parse().unwrap())
        );
        assert!(terms.may(BindMode::Transmitter) && !terms.may(BindMode::Transceiver));
    }

    #[test]
    fn other_limits_keep_the_binds_and_another_password_ends_them() {
        let users = Users::default();
        let first = users.renew("a", Some(terms(1))).unwrap();
        let over = first.over();
        let same = users.renew("a", Some(Terms { submits_per_s: 9, ..terms(2) })).unwrap();
        assert!(Arc::ptr_eq(&first, &same) && !*over.borrow());
        assert_eq!(first.terms().submits_per_s, 9);
        let other = users.renew("a", Some(Terms { password: Secret::new("other"), ..terms(3) })).unwrap();
        assert!(*over.borrow() && !Arc::ptr_eq(&first, &other));
        assert!(users.renew("a", None).is_none() && *other.over().borrow());
        assert!(users.bound("a").is_none());
    }
}
