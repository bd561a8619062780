//! Number masking: two participants of a context reach each other by masks, numbers of the account (docs/number-masking.md). The rules
//! are of [`flexio_domain::masking`]; a call and a message go the way of all others.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, MaskingChange, Order, Page, StoreError};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::legs::InboundLeg;

/// Numbers of a pool; records read at once.
const READ_MAX: u32 = 1_000;
/// Digits a mask can be asked to agree in.
const GEO_MATCH_MAX: u8 = 10;
/// The parent of an application.
const TOP: MaskingSid = MaskingSid::from_u128(0);

/// What a request may say of an application; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct MaskApplicationPatch {
    /// 1 to 64 characters, unique in the account.
    pub name: Option<String>,
    /// Seconds a context lasts after it was made or used last; 0 for ever.
    pub ttl_s: Option<u32>,
    /// Digits in which mask and participant agree, 0 to 10.
    pub geo_match: Option<u8>,
    /// Whether masks are met again.
    pub selection: Option<MaskSelection>,
    /// Open or closed.
    pub is_open: Option<bool>,
}

/// Where a call or a message to a number leads.
#[derive(Debug, Clone)]
pub enum MaskRoute {
    /// The number is in no pool.
    NotMasked,
    /// It is, and there is nobody behind it for this caller.
    Nobody,
    /// To the other participant.
    To(Box<MaskedParty>),
}

/// Whom a caller of a mask reaches.
#[derive(Debug, Clone)]
pub struct MaskedParty {
    /// The encounter.
    pub context: MaskRecord,
    /// The caller.
    pub from: MaskingSid,
    /// The other one.
    pub to: MaskingSid,
    /// His own number.
    pub number: E164,
    /// What is shown to him.
    pub mask: E164,
}

impl App {
    /// One record of a kind, below `parent` where one is named.
    pub async fn mask_record(
        &self,
        account: AccountSid,
        kind: MaskKind,
        parent: Option<MaskingSid>,
        sid: MaskingSid,
    ) -> Result<MaskRecord, AppError> {
        let found = self.store.mask_record(account, sid).await?;
        let right = |it: &MaskRecord| it.kind() == kind && parent.is_none_or(|parent| it.parent == parent);
        found.filter(right).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Records of a kind, newest first.
    pub async fn mask_records(
        &self,
        account: AccountSid,
        kind: MaskKind,
        parent: Option<MaskingSid>,
        page: &Page,
    ) -> Result<Vec<MaskRecord>, AppError> {
        Ok(self.store.mask_records(account, kind, parent, None, page).await?)
    }

    /// Contexts of an application that a party takes part in, newest first; so many as are read at once, and of these the page.
    pub async fn mask_contexts_of(
        &self,
        account: AccountSid,
        application: MaskingSid,
        identifier: &E164,
        page: &Page,
    ) -> Result<Vec<MaskRecord>, AppError> {
        let (kind, all) = (MaskKind::Participant, newest());
        let parts = self.store.mask_records(account, kind, None, Some(identifier.as_str()), &all).await?;
        let mut found = Vec::new();
        for part in parts {
            let context = self.store.mask_record(account, part.parent).await?;
            found.extend(context.filter(|context| context.parent == application));
        }
        found.sort_by_key(|context| std::cmp::Reverse(context.sid));
        found.dedup_by_key(|context| context.sid);
        Ok(found.into_iter().skip(page.skip as usize).take(page.limit as usize).collect())
    }

    /// Makes an application.
    pub async fn create_mask_application(
        &self,
        account: &Account,
        patch: MaskApplicationPatch,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        let mut settings = MaskApplication {
            name: String::new(),
            ttl_s: 0,
            geo_match: 0,
            selection: MaskSelection::default(),
            is_open: true,
        };
        let name = patch.name.clone().unwrap_or_default();
        patched(&mut settings, &MaskApplicationPatch { name: Some(name), ..patch })?;
        let key = name_key(account.sid, &settings.name);
        let made = self.new_mask(account.sid, TOP, Some(key), MaskBody::Application(settings));
        self.put_mask(MaskingChange::Create(made.clone()), ErrorCode::MaskNameTaken).await?;
        Ok(made)
    }

    /// Changes an application; contexts that exist keep their time to live.
    pub async fn update_mask_application(
        &self,
        account: &Account,
        sid: MaskingSid,
        patch: &MaskApplicationPatch,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        let mut record = self.mask_record(account.sid, MaskKind::Application, None, sid).await?;
        if let MaskBody::Application(settings) = &mut record.body {
            patched(settings, patch)?;
            record.key = Some(name_key(account.sid, &settings.name));
        }
        if let Some(key) = &record.key
            && self.store.mask_by_key(key).await?.is_some_and(|other| other.sid != sid)
        {
            return Err(ErrorCode::MaskNameTaken.into());
        }
        self.update_mask(record).await
    }

    /// Takes a record away, with everything below it.
    pub async fn delete_mask(&self, account: &Account, record: &MaskRecord) -> Result<(), AppError> {
        must_be_active(account)?;
        Ok(self.store.commit(Change::from(MaskingChange::Delete(account.sid, record.sid)).into()).await?)
    }

    /// Puts a number of the account into the pool of an application.
    pub async fn add_mask_number(
        &self,
        account: &Account,
        application: MaskingSid,
        number: NumberSid,
        is_reserved: bool,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        self.mask_record(account.sid, MaskKind::Application, None, application).await?;
        let rented = self.number(account.sid, number).await?;
        if self.pool(account.sid, application).await?.len() >= READ_MAX as usize {
            return Err(ErrorCode::TooManyResources.into());
        }
        let key = number_key(&rented.number);
        let mut changes = ChangeSet::new();
        if let Some(old) = self.store.mask_by_key(&key).await? {
            if old.account_sid == account.sid {
                return Err(ErrorCode::MaskNumberTaken.into());
            }
            // Its last holder's, who gave the number back.
            changes.push(MaskingChange::Delete(old.account_sid, old.sid).into());
        }
        let body = MaskNumber { number: rented.number, number_sid: number, is_reserved };
        let made = MaskRecord {
            sid: MaskingSid::from_u128(number.as_u128()),
            ..self.new_mask(account.sid, application, Some(key), MaskBody::Number(body))
        };
        changes.push(MaskingChange::Create(made.clone()).into());
        match self.store.commit(changes).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::MaskNumberTaken.into()),
            done => Ok(done.map(|()| made)?),
        }
    }

    /// Keeps a number back, or gives it out again.
    pub async fn reserve_mask_number(
        &self,
        account: &Account,
        mut record: MaskRecord,
        reserves: bool,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        if let MaskBody::Number(number) = &mut record.body {
            number.is_reserved = reserves;
        }
        self.update_mask(record).await
    }

    /// Makes a context.
    pub async fn create_mask_context(
        &self,
        account: &Account,
        application: MaskingSid,
        friendly_name: Option<&str>,
        ttl_s: Option<u32>,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        let rules = self.mask_rules(account.sid, application).await?;
        let friendly_name = friendly_name.map(checked_name).transpose()?;
        let ttl_s = ttl_s.unwrap_or(rules.ttl_s);
        let mut context = MaskContext { friendly_name, ttl_s, expires_at: None, closed_at: None };
        context.touch(self.clock.now());
        let made = self.new_mask(account.sid, application, None, MaskBody::Context(context));
        self.put_mask(MaskingChange::Create(made.clone()), ErrorCode::Conflict).await?;
        Ok(made)
    }

    /// Changes how long a context lasts, from now on, or closes it for good.
    pub async fn update_mask_context(
        &self,
        account: &Account,
        mut record: MaskRecord,
        ttl_s: Option<u32>,
        closes: bool,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        let now = self.clock.now();
        let MaskBody::Context(context) = &mut record.body else { return Err(ErrorCode::NotFound.into()) };
        if !context.is_open(now) {
            return Err(ErrorCode::MaskContextState.into());
        }
        if let Some(ttl_s) = ttl_s {
            context.ttl_s = ttl_s;
            context.touch(now);
        }
        if !closes {
            return self.update_mask(record).await;
        }
        context.closed_at = Some(now);
        let changes = self.masks_freed(&record).await?;
        record.updated_at = now;
        self.store.commit(changes.with(MaskingChange::Update(record.clone()).into())).await?;
        record.version += 1;
        Ok(record)
    }

    /// Brings a party into a context: it gets a mask that it has in no other open one.
    pub async fn add_mask_participant(
        &self,
        account: &Account,
        context: (MaskingSid, MaskingSid),
        identifier: &E164,
        friendly_name: Option<&str>,
    ) -> Result<MaskRecord, AppError> {
        must_be_active(account)?;
        let friendly_name = friendly_name.map(checked_name).transpose()?;
        retrying!(async {
            let (application, context) = context;
            let rules = self.mask_rules(account.sid, application).await?;
            let context =
                self.mask_record(account.sid, MaskKind::Context, Some(application), context).await?;
            self.may_join(&context, identifier).await?;
            let mask = self.free_mask(account.sid, application, &rules, identifier).await?;
            let key = MaskParticipant::key(identifier, &mask);
            let body = MaskParticipant {
                identifier: identifier.clone(),
                friendly_name: friendly_name.clone(),
                mask,
            };
            let made = self.new_mask(account.sid, context.sid, Some(key), MaskBody::Participant(body));
            // The context moves with it: of several that join at once, the third finds two.
            let changes = ChangeSet::from(Change::from(MaskingChange::Create(made.clone())));
            self.store.commit(changes.with(MaskingChange::Update(context).into())).await?;
            Ok::<_, AppError>(made)
        })
    }

    async fn may_join(&self, context: &MaskRecord, identifier: &E164) -> Result<(), AppError> {
        if !is_open(context, self.clock.now()) {
            return Err(refuse(ErrorCode::MaskContextState, "The context is closed."));
        }
        let there = self.parties(context).await?;
        if there.len() >= 2 || there.iter().any(|(_, party)| party.identifier == *identifier) {
            let why = "A context has two participants with different numbers.";
            return Err(refuse(ErrorCode::MaskContextState, why));
        }
        if self.store.mask_by_key(&number_key(identifier)).await?.is_some() {
            return Err(refuse(ErrorCode::InvalidParameter, "identifier is a mask itself."));
        }
        Ok(())
    }

    /// A mask for a party, after those of contexts that have run out were freed.
    async fn free_mask(
        &self,
        account: AccountSid,
        application: MaskingSid,
        rules: &MaskApplication,
        identifier: &E164,
    ) -> Result<E164, AppError> {
        let page = newest();
        let kind = MaskKind::Participant;
        let past = self.store.mask_records(account, kind, None, Some(identifier.as_str()), &page).await?;
        let (mut taken, mut had) = (Vec::new(), Vec::new());
        for record in past {
            let MaskBody::Participant(party) = &record.body else { continue };
            let context = match &record.key {
                None => None,
                Some(_) => self.store.mask_record(account, record.parent).await?,
            };
            match context {
                Some(context) if is_open(&context, self.clock.now()) => taken.push(party.mask.clone()),
                Some(context) => {
                    self.store.commit(self.masks_freed(&context).await?).await?;
                    had.push(party.mask.clone());
                }
                None => had.push(party.mask.clone()),
            }
        }
        let pool = self.pool(account, application).await?;
        let free: Vec<E164> =
            pool.into_iter().filter(|number| !number.is_reserved).map(|number| number.number).collect();
        choose_mask(rules, identifier, &free, &taken, &had)
            .cloned()
            .ok_or_else(|| ErrorCode::NoMaskFree.into())
    }

    /// The numbers of a pool, the oldest first.
    async fn pool(&self, account: AccountSid, application: MaskingSid) -> Result<Vec<MaskNumber>, AppError> {
        let page = Page { order: Order::Oldest, ..newest() };
        let rows = self.store.mask_records(account, MaskKind::Number, Some(application), None, &page).await?;
        let number = |record: MaskRecord| match record.body {
            MaskBody::Number(number) => Some(number),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(number).collect())
    }

    async fn parties(&self, context: &MaskRecord) -> Result<Vec<(MaskRecord, MaskParticipant)>, AppError> {
        let page = newest();
        let (account, kind) = (context.account_sid, MaskKind::Participant);
        let rows = self.store.mask_records(account, kind, Some(context.sid), None, &page).await?;
        let party = |record: MaskRecord| match record.body.clone() {
            MaskBody::Participant(party) => Some((record, party)),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(party).collect())
    }

    /// The participants of a context that is over give their masks back.
    async fn masks_freed(&self, context: &MaskRecord) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        for (record, _) in self.parties(context).await? {
            if record.key.is_some() {
                changes.push(MaskingChange::Update(MaskRecord { key: None, ..record }).into());
            }
        }
        Ok(changes)
    }

    async fn mask_rules(&self, account: AccountSid, sid: MaskingSid) -> Result<MaskApplication, AppError> {
        let record = self.mask_record(account, MaskKind::Application, None, sid).await?;
        match record.body {
            MaskBody::Application(rules) if rules.is_open => Ok(rules),
            _ => Err(refuse(ErrorCode::MaskContextState, "The application is closed.")),
        }
    }

    /// Where a call or a message of `caller` to a number of the account leads.
    pub async fn mask_route(
        &self,
        account: AccountSid,
        caller: Option<&E164>,
        mask: &E164,
    ) -> Result<MaskRoute, AppError> {
        let pooled = self.store.mask_by_key(&number_key(mask)).await?;
        // A number that changed hands is not in the pool of whoever had it.
        let Some(pooled) = pooled.filter(|it| it.account_sid == account) else {
            return Ok(MaskRoute::NotMasked);
        };
        let Some(caller) = caller else { return Ok(MaskRoute::Nobody) };
        let found = self.store.mask_by_key(&MaskParticipant::key(caller, mask)).await?;
        let Some(from) = found.filter(|it| it.account_sid == account) else {
            return Ok(MaskRoute::Nobody);
        };
        let context = self.store.mask_record(account, from.parent).await?;
        let open = context.filter(|context| is_open(context, self.clock.now()));
        let Some(context) = open.filter(|context| context.parent == pooled.parent) else {
            return Ok(MaskRoute::Nobody);
        };
        let closed = |error: &AppError| error.code() == ErrorCode::MaskContextState;
        match self.mask_rules(account, context.parent).await {
            Err(error) if closed(&error) => return Ok(MaskRoute::Nobody),
            rules => drop(rules?),
        }
        let other = self.parties(&context).await?.into_iter().find(|(record, _)| record.sid != from.sid);
        Ok(other.map_or(MaskRoute::Nobody, |(to, party)| {
            let (number, mask) = (party.identifier, party.mask);
            MaskRoute::To(Box::new(MaskedParty { context, from: from.sid, to: to.sid, number, mask }))
        }))
    }

    /// Keeps that two participants met; said again of the same call or message, nothing happens. The time of the context begins anew.
    pub async fn keep_interaction(
        &self,
        party: &MaskedParty,
        call_sid: Option<CallSid>,
        message_sid: Option<MessageSid>,
    ) -> Result<(), AppError> {
        let account = party.context.account_sid;
        let number = call_sid.map(CallSid::as_u128).or(message_sid.map(MessageSid::as_u128));
        let body = MaskInteraction { from: party.from, to: party.to, call_sid, message_sid };
        let made = self.new_mask(account, party.context.sid, None, MaskBody::Interaction(body));
        let made = MaskRecord { sid: number.map_or(made.sid, MaskingSid::from_u128), ..made };
        match self.store.commit(Change::from(MaskingChange::Create(made)).into()).await {
            Err(StoreError::Conflict(_)) => return Ok(()),
            done => done?,
        }
        retrying!(async {
            let Some(mut context) = self.store.mask_record(account, party.context.sid).await? else {
                return Ok(());
            };
            let now = self.clock.now();
            match &mut context.body {
                MaskBody::Context(body) if body.is_open(now) => body.touch(now),
                _ => return Ok(()),
            }
            Ok::<_, AppError>(self.store.commit(Change::from(MaskingChange::Update(context)).into()).await?)
        })
    }

    /// Tells the account of a call to a mask with nobody behind it.
    pub(crate) async fn nobody_behind(
        &self,
        account: AccountSid,
        inbound: &InboundLeg,
    ) -> Result<(), AppError> {
        let code = ErrorCode::NobodyBehindMask;
        let note = Notification {
            sid: NotificationSid::new(),
            account_sid: account,
            call_sid: None,
            message_sid: None,
            level: Level::Warning,
            code: code.number(),
            text: format!("a call to the mask {} was refused: {}", inbound.to, code.sentence()),
            request_url: None,
            request_method: None,
            request_variables: None,
            response_headers: None,
            response_body: None,
            api_version: Dialect::Twiml.api_version().to_owned(),
            created_at: self.clock.now(),
        };
        Ok(self.store.commit(Change::AddNotification(note).into()).await?)
    }

    fn new_mask(
        &self,
        account_sid: AccountSid,
        parent: MaskingSid,
        key: Option<String>,
        body: MaskBody,
    ) -> MaskRecord {
        let now = self.clock.now();
        MaskRecord {
            sid: MaskingSid::new(),
            version: 1,
            account_sid,
            parent,
            key,
            body,
            created_at: now,
            updated_at: now,
        }
    }

    async fn put_mask(&self, change: MaskingChange, taken: ErrorCode) -> Result<(), AppError> {
        match self.store.commit(Change::from(change).into()).await {
            Err(StoreError::Conflict(_)) => Err(taken.into()),
            done => Ok(done?),
        }
    }

    async fn update_mask(&self, mut record: MaskRecord) -> Result<MaskRecord, AppError> {
        record.updated_at = self.clock.now();
        self.put_mask(MaskingChange::Update(record.clone()), ErrorCode::Conflict).await?;
        record.version += 1;
        Ok(record)
    }
}

/// The document by which a masked call is answered.
pub(crate) fn masked_document(party: &MaskedParty) -> String {
    let (mask, number) = (&party.mask, &party.number);
    format!(
        r#"<Response><Dial answerOnBridge="true" callerId="{mask}"><Number>{number}</Number></Dial></Response>"#
    )
}

fn is_open(record: &MaskRecord, now: Timestamp) -> bool {
    matches!(&record.body, MaskBody::Context(context) if context.is_open(now))
}

fn newest() -> Page {
    Page { limit: READ_MAX, order: Order::Newest, ..Page::default() }
}

fn name_key(account: AccountSid, name: &str) -> String {
    format!("A:{account}:{name}")
}

fn number_key(number: &E164) -> String {
    format!("N:{}", number.as_str())
}

fn patched(settings: &mut MaskApplication, patch: &MaskApplicationPatch) -> Result<(), AppError> {
    if let Some(name) = &patch.name {
        settings.name = checked_name(name)?;
    }
    if patch.geo_match.is_some_and(|digits| digits > GEO_MATCH_MAX) {
        let why = format!("geoMatchLevel must be a whole number from 0 to {GEO_MATCH_MAX}.");
        return Err(refuse(ErrorCode::InvalidParameter, why));
    }
    settings.ttl_s = patch.ttl_s.unwrap_or(settings.ttl_s);
    settings.geo_match = patch.geo_match.unwrap_or(settings.geo_match);
    settings.selection = patch.selection.unwrap_or(settings.selection);
    settings.is_open = patch.is_open.unwrap_or(settings.is_open);
    Ok(())
}
