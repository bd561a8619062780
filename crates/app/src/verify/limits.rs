//! Limits of an account's own: at most so many codes per value of a key in a period.

use flexio_domain::*;
use flexio_store::{Change, Page, StoreError, VerifyChange};
use jiff::SignedDuration;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::vault;

/// Limits of a service, or of the account itself.
pub const LIMITS_MAX: u64 = 10;
/// Buckets of a limit: FlexIO's two, Twilio's five.
const BUCKETS_MAX: (usize, usize) = (2, 5);
/// Longest period: marks are kept a month.
const INTERVAL_MAX_S: u32 = 30 * 86_400;
/// Characters of a key's value.
const VALUE_MAX: usize = 256;

/// A period to be.
#[derive(Debug, Clone)]
pub struct NewBucket {
    /// Label.
    pub name: String,
    /// Codes.
    pub max: u32,
    /// Seconds.
    pub interval_s: u32,
}

/// A limit to be.
#[derive(Debug, Clone)]
pub struct NewSendLimit {
    /// `None` for a limit of Smart 2FA.
    pub service: Option<VerifyServiceSid>,
    /// Requests name it so.
    pub unique_name: String,
    /// For people.
    pub description: Option<String>,
    /// Periods; Twilio adds them later.
    pub buckets: Vec<NewBucket>,
}

/// What a request may say of a bucket; `None` leaves it.
#[derive(Debug, Clone, Copy, Default)]
pub struct BucketPatch {
    /// Codes.
    pub max: Option<u32>,
    /// Seconds.
    pub interval_s: Option<u32>,
}

impl App {
    /// Makes a limit. `Conflict` if there is one of this name.
    pub async fn create_send_limit(
        &self,
        account: &Account,
        new: NewSendLimit,
        keep: Keep<'_, SendLimit>,
    ) -> Result<SendLimit, AppError> {
        must_be_active(account)?;
        if self.store.count_send_limits(account.sid, new.service).await? >= LIMITS_MAX {
            return Err(ErrorCode::VerifyTooManyLimits.into());
        }
        let now = self.clock.now();
        let limit = SendLimit {
            sid: SendLimitSid::new(),
            version: 1,
            account_sid: account.sid,
            service_sid: new.service,
            unique_name: crate::accounts::checked_name(&new.unique_name)?,
            description: new.description,
            buckets: new.buckets.into_iter().map(|bucket| made(bucket, now)).collect::<Result<_, _>>()?,
            created_at: now,
            updated_at: now,
        };
        checked_buckets(&limit)?;
        let changes = Change::from(VerifyChange::CreateLimit(limit.clone())).into();
        match self.commit_creation(changes, &limit, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => {
                Err(refuse(ErrorCode::Conflict, "There is a limit of this name."))
            }
            done => done.map(|()| limit),
        }
    }

    /// One limit of the service, or of the account itself.
    pub async fn send_limit(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        sid: SendLimitSid,
    ) -> Result<SendLimit, AppError> {
        let found = self.store.send_limit(account, sid).await?.filter(|limit| limit.service_sid == service);
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Limits of the service, or of the account itself.
    pub async fn send_limits(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        page: &Page,
    ) -> Result<Vec<SendLimit>, AppError> {
        Ok(self.store.send_limits(account, service, page).await?)
    }

    /// Changes a limit by `edit`, which may refuse.
    async fn edit_limit(
        &self,
        account: &Account,
        service: Option<VerifyServiceSid>,
        sid: SendLimitSid,
        edit: &(dyn Fn(&mut SendLimit) -> Result<(), AppError> + Send + Sync),
    ) -> Result<SendLimit, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut limit = self.send_limit(account.sid, service, sid).await?;
            edit(&mut limit)?;
            checked_buckets(&limit)?;
            limit.updated_at = self.clock.now();
            self.store.commit(Change::from(VerifyChange::UpdateLimit(limit.clone())).into()).await?;
            limit.version += 1;
            Ok::<_, AppError>(limit)
        })
    }

    /// Changes the description, and the periods where some are given.
    pub async fn update_send_limit(
        &self,
        account: &Account,
        service: Option<VerifyServiceSid>,
        sid: SendLimitSid,
        description: Option<String>,
        buckets: Option<Vec<NewBucket>>,
    ) -> Result<SendLimit, AppError> {
        let now = self.clock.now();
        self.edit_limit(account, service, sid, &|limit| {
            if let Some(text) = &description {
                limit.description = (!text.is_empty()).then(|| text.clone());
            }
            if let Some(buckets) = &buckets {
                limit.buckets =
                    buckets.iter().map(|bucket| made(bucket.clone(), now)).collect::<Result<_, _>>()?;
            }
            Ok(())
        })
        .await
    }

    /// Adds a period; the new one is the last.
    pub async fn add_bucket(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        sid: SendLimitSid,
        bucket: NewBucket,
    ) -> Result<SendLimit, AppError> {
        let bucket = made(bucket, self.clock.now())?;
        let add = |limit: &mut SendLimit| {
            limit.buckets.push(bucket.clone());
            Ok(())
        };
        self.edit_limit(account, Some(service), sid, &add).await
    }

    /// Changes a period.
    pub async fn update_bucket(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        sid: SendLimitSid,
        bucket: LimitBucketSid,
        patch: BucketPatch,
    ) -> Result<SendLimit, AppError> {
        let now = self.clock.now();
        let change = |limit: &mut SendLimit| {
            let found =
                limit.buckets.iter_mut().find(|have| have.sid == bucket).ok_or(ErrorCode::NotFound)?;
            found.max = patch.max.unwrap_or(found.max);
            found.interval_s = patch.interval_s.unwrap_or(found.interval_s);
            found.updated_at = now;
            checked_bucket(found.max, found.interval_s)
        };
        self.edit_limit(account, Some(service), sid, &change).await
    }

    /// Takes a period out.
    pub async fn delete_bucket(
        &self,
        account: &Account,
        service: VerifyServiceSid,
        sid: SendLimitSid,
        bucket: LimitBucketSid,
    ) -> Result<(), AppError> {
        let remove = |limit: &mut SendLimit| {
            let before = limit.buckets.len();
            limit.buckets.retain(|have| have.sid != bucket);
            if limit.buckets.len() == before { Err(ErrorCode::NotFound.into()) } else { Ok(()) }
        };
        self.edit_limit(account, Some(service), sid, &remove).await.map(drop)
    }

    /// Deletes a limit.
    pub async fn delete_send_limit(
        &self,
        account: &Account,
        service: Option<VerifyServiceSid>,
        sid: SendLimitSid,
    ) -> Result<(), AppError> {
        must_be_active(account)?;
        self.send_limit(account.sid, service, sid).await?;
        let delete = Change::from(VerifyChange::DeleteLimit(account.sid, sid));
        match self.store.commit(delete.into()).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => Ok(done?),
        }
    }

    /// The marks a sending leaves under the limits that the request names; refused where one of them is full.
    pub(super) async fn limit_marks(
        &self,
        account: AccountSid,
        service: Option<VerifyServiceSid>,
        asked: &[(String, String)],
    ) -> Result<Vec<String>, AppError> {
        let now = self.clock.now();
        let mut marks = Vec::with_capacity(asked.len());
        for (name, value) in asked {
            let found = self.store.send_limit_by_name(account, service, name).await?;
            let limit = found
                .ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "There is no rate limit of that name."))?;
            if value.is_empty() || value.chars().count() > VALUE_MAX {
                return Err(refuse(
                    ErrorCode::VerifyInvalid,
                    "The value of a rate limit must have 1 to 256 characters.",
                ));
            }
            // A digest: values are addresses of people.
            let key = vault::hex(&vault::digest(value));
            let mark = format!("limit:{}:{}", limit.sid, &key[..32]);
            for bucket in &limit.buckets {
                let interval = SignedDuration::from_secs(i64::from(bucket.interval_s));
                let since = now.saturating_sub(interval).unwrap_or(now);
                if self.store.count_marks(account, &mark, since).await? >= u64::from(bucket.max) {
                    let why = format!(
                        "The rate limit {} allows {} codes in {} s.",
                        limit.unique_name, bucket.max, bucket.interval_s
                    );
                    return Err(refuse(ErrorCode::VerifyTooManySendings, why));
                }
            }
            marks.push(mark);
        }
        Ok(marks)
    }
}

fn made(new: NewBucket, now: Timestamp) -> Result<LimitBucket, AppError> {
    checked_bucket(new.max, new.interval_s)?;
    Ok(LimitBucket {
        sid: LimitBucketSid::new(),
        name: new.name,
        max: new.max,
        interval_s: new.interval_s,
        created_at: now,
        updated_at: now,
    })
}

fn checked_bucket(max: u32, interval_s: u32) -> Result<(), AppError> {
    if max == 0 || interval_s == 0 || interval_s > INTERVAL_MAX_S {
        let why = "A bucket allows at least one code in 1 second to 30 days.";
        return Err(refuse(ErrorCode::VerifyInvalid, why));
    }
    Ok(())
}

fn checked_buckets(limit: &SendLimit) -> Result<(), AppError> {
    let most = if limit.service_sid.is_some() { BUCKETS_MAX.1 } else { BUCKETS_MAX.0 };
    if limit.buckets.len() > most {
        return Err(ErrorCode::VerifyTooManyBuckets.into());
    }
    let mut names: Vec<&str> = limit.buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < limit.buckets.len() {
        return Err(refuse(ErrorCode::VerifyInvalid, "Two buckets of the limit have the same name."));
    }
    Ok(())
}
