//! The questions that are asked of the store, each answered by one query.

use crate::models::{Album, Artist, Customer, Employee, Playlist};
use orm_core::Result;
use orm_core::prelude::*;

/// The artists with the most revenue from invoice lines: name and exact amount.
pub(crate) fn best_selling(db: &Database, count: usize) -> Result<Vec<(String, Decimal)>> {
    let artists = db.repository::<Artist>().query().with(|a| a.albums.with(|a| a.tracks.with(|t| t.sales)));
    let mut revenues = Vec::new();
    for artist in artists.get()? {
        let mut revenue = Decimal::ZERO;
        for album in artist.albums.get()? {
            for track in album.tracks.get()? {
                revenue = track
                    .sales
                    .get()?
                    .iter()
                    .fold(revenue, |sum, line| sum + line.unit_price * i64::from(line.quantity));
            }
        }
        revenues.push((artist.name, revenue));
    }
    revenues.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    revenues.truncate(count);
    Ok(revenues)
}

/// The album with the longest music: title and minutes.
pub(crate) fn longest_album(db: &Database) -> Result<Option<(String, f64)>> {
    let albums = db.repository::<Album>().query().order_by(|a| a.id.asc()).with(|a| a.tracks).get()?;
    let mut longest: Option<(String, u64)> = None;
    for album in albums {
        let length = album.tracks.get()?.iter().map(|t| u64::from(t.milliseconds)).sum();
        if longest.as_ref().is_none_or(|(_, most)| length > *most) {
            longest = Some((album.title, length));
        }
    }
    Ok(longest.map(|(title, milliseconds)| (title, milliseconds as f64 / 60_000.0)))
}

/// Each playlist's name and number of tracks.
pub(crate) fn playlists(db: &Database) -> Result<Vec<(String, usize)>> {
    let playlists = db.repository::<Playlist>().query().order_by(|p| p.id.asc()).with(|p| p.tracks);
    playlists.get()?.into_iter().map(|p| Ok((p.name, p.tracks.get()?.len()))).collect()
}

/// The managers above an employee, nearest first.
pub(crate) fn managers_above(db: &Database, employee: u32) -> Result<Vec<String>> {
    let employees = db.repository::<Employee>();
    let mut chain = Vec::new();
    let mut next = employees.find(employee)?.and_then(|e| e.manager_id);
    while let Some(manager) = next {
        let Some(manager) = employees.find(manager)? else { break };
        chain.push(format!(
            "{} {} ({})",
            manager.first_name,
            manager.last_name,
            manager.title.unwrap_or_default()
        ));
        next = manager.manager_id;
    }
    Ok(chain)
}

/// The customers of a country, each with their three latest invoices: one query, one limit per parent.
pub(crate) fn customers_in(db: &Database, country: &str) -> Result<Vec<Customer>> {
    db.repository::<Customer>()
        .query()
        .filter(|c| c.country.eq(country))
        .order_by(|c| c.id.asc())
        .with(|c| c.invoices.order_by(|i| [i.invoice_date.desc(), i.id.desc()]).limit(3))
        .get()
}
