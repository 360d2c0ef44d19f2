//! Relations over lists of keys.

use crate::scenarios::listed::{Cluster, Device, Mark, Node};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    lists_are_columns,
    nested_records_make_the_list,
    nested_drafts_make_the_list,
    typed_values_keep_their_list,
    null_and_empty_touch_nothing,
    loads_in_the_order_of_the_list,
    loads_are_filtered_ordered_and_cut,
    one_statement_for_all_lists,
    predicates,
    broken_lists_are_errors,
    a_contradicting_list,
];

fn ids(nodes: &[Node]) -> Vec<u32> {
    nodes.iter().map(|n| n.id).collect()
}

/// Nodes 1 to 5, "a" to "e"; cluster 1 has 3, 1 and twice 2, cluster 2 has 1 and 9, which there isn't.
async fn clusters<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    let nodes = ["a", "b", "c", "d", "e"].map(|name| Node::draft().name(name));
    go!(D, db.repository::<Node>().save_many(nodes))?;
    let marks = r#"[{ "name": "new", "color": 1 }, { "name": "\"odd\" \\ [x],", "color": 2 }]"#;
    go!(D, db.repository::<Mark>().save_json(marks))?;
    let json = r#"[
        { "id": 1, "node_ids": [3, 1, 2, 2], "names": ["\"odd\" \\ [x],", "new"] },
        { "id": 2, "node_ids": [1, 9], "names": [] },
        { "id": 3 }]"#;
    go!(D, db.repository::<Cluster>().save_json(json))?;
    setup.statements();
    Ok(db)
}

async fn lists_are_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = db.repository::<Cluster>();
    let first = go!(D, clusters.find(1))?.unwrap();
    assert_eq!(*first.node_ids, [3, 1, 2, 2]);
    assert_eq!(first.names.as_deref(), Some(&["\"odd\" \\ [x],".to_owned(), "new".to_owned()][..]));
    let third = go!(D, clusters.find(3))?.unwrap();
    assert_eq!((third.node_ids.len(), third.names), (0, None));
    go!(D, clusters.save(Cluster::draft().id(3).node_ids([5, 4]).names(vec!["new"])))?;
    assert_eq!(*go!(D, clusters.find(3))?.unwrap().node_ids, [5, 4]);
    let mut typed = go!(D, clusters.find(3))?.unwrap();
    typed.node_ids = Keys::from([2]);
    typed.names = None;
    assert_eq!(*go!(D, clusters.save(typed))?.node_ids, [2]);
    assert_eq!(go!(D, clusters.query().filter(|c| c.names.is_null()).count())?, 1);
    Ok(())
}

async fn nested_records_make_the_list<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = db.repository::<Cluster>();
    // Records with and without keys, and keys alone; the storage makes 6 and 7.
    let json = r#"{ "nodes": [{ "name": "x" }, 4, { "id": 2, "name": "b2" }, { "name": "y", "next": [{ "id": 1 }] }],
        "id": 1, "labels": ["new"], "devices": [{ "place": 1 }, { "place": 2 }] }"#;
    go!(D, clusters.save_json(json))?;
    let first = go!(D, clusters.find(1))?.unwrap();
    assert_eq!(*first.node_ids, [6, 4, 2, 7]);
    assert_eq!(first.names.as_deref(), Some(&["new".to_owned()][..]));
    assert_eq!(go!(D, db.repository::<Node>().find(2))?.unwrap().name, "b2");
    assert_eq!(go!(D, db.repository::<Node>().find(7))?.unwrap().next_ids.as_deref(), Some(&[1][..]));
    let read = go!(D, clusters.query().filter(|c| c.id.eq(1)).with(|c| c.devices).first())?.unwrap();
    assert_eq!(read.devices.get()?.iter().map(|d| d.place).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(go!(D, db.repository::<Device>().count())?, 2);
    Ok(())
}

async fn nested_drafts_make_the_list<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = db.repository::<Cluster>();
    let next = Node::draft().name("x").next([Node::draft().name("y"), Node::draft().id(1)]);
    let saved = go!(D, clusters.save(Cluster::draft().id(7).nodes([next]).nodes_keys([3])))?;
    assert_eq!(saved.nodes.get_partial()?.len(), 1);
    let read =
        go!(D, clusters.query().filter(|c| c.id.eq(7)).with(|c| c.nodes.with(|n| n.next)).first())?.unwrap();
    let nodes = read.nodes.get()?;
    assert_eq!(nodes.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["x", "c"]);
    let next: Vec<&str> = nodes[0].next.get()?.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(next, ["y", "a"]);
    assert_eq!(nodes[1].next.get()?.len(), 0);
    Ok(())
}

async fn typed_values_keep_their_list<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = db.repository::<Cluster>();
    let query = || clusters.query().filter(|c| c.id.eq(1));
    // What was loaded in part doesn't make the list shorter.
    let part = go!(D, query().with(|c| c.nodes.limit(1)).first())?.unwrap();
    assert_eq!(*go!(D, clusters.save(part))?.node_ids, [3, 1, 2, 2]);
    let mut whole = go!(D, query().with(|c| c.nodes).first())?.unwrap();
    let mut nodes = whole.nodes.into_inner()?;
    nodes.remove(0);
    whole.nodes = Many::from(nodes);
    assert_eq!(*go!(D, clusters.save(whole))?.node_ids, [1, 2]);
    Ok(())
}

async fn null_and_empty_touch_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = db.repository::<Cluster>();
    go!(D, clusters.save_json(r#"[{ "id": 1, "nodes": null }, { "id": 2, "nodes": [] }]"#))?;
    assert_eq!(*go!(D, clusters.find(1))?.unwrap().node_ids, [3, 1, 2, 2]);
    assert_eq!(*go!(D, clusters.find(2))?.unwrap().node_ids, [1, 9]);
    go!(D, clusters.save_json(r#"{ "id": 1, "node_ids": [] }"#))?;
    assert_eq!(go!(D, clusters.find(1))?.unwrap().node_ids.len(), 0);
    Ok(())
}

async fn loads_in_the_order_of_the_list<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Cluster>()
            .query()
            .order_by(|c| c.id.asc())
            .with(|c| c.nodes)
            .with(|c| c.labels)
            .get()
    )?;
    let nodes: Vec<Vec<u32>> = all.iter().map(|c| ids(c.nodes.get().unwrap())).collect();
    assert_eq!(nodes, [vec![3, 1, 2], vec![1], vec![]]);
    let colors: Vec<Vec<i32>> =
        all.iter().map(|c| c.labels.get().unwrap().iter().map(|l| l.color).collect()).collect();
    assert_eq!(colors, [vec![2, 1], vec![], vec![]]);
    Ok(())
}

async fn loads_are_filtered_ordered_and_cut<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = || db.repository::<Cluster>().query().order_by(|c| c.id.asc());
    let ordered = go!(D, clusters().with(|c| c.nodes.order_by(|n| n.name.desc())).get())?;
    assert_eq!(ids(ordered[0].nodes.get()?), [3, 2, 1]);
    let cut = go!(D, clusters().with(|c| c.nodes.order_by(|n| n.name.asc()).offset(1).limit(1)).get())?;
    assert_eq!(ids(cut[0].nodes.get_partial()?), [2]);
    assert_eq!(ids(cut[1].nodes.get_partial()?), [] as [u32; 0]);
    let first = go!(D, clusters().with(|c| c.nodes.limit(2)).get())?;
    assert_eq!(ids(first[0].nodes.get_partial()?), [3, 1]);
    let filtered = go!(D, clusters().with(|c| c.nodes.filter(|n| n.name.ne("c"))).get())?;
    assert_eq!(ids(filtered[0].nodes.get_partial()?), [1, 2]);
    assert!(filtered[0].nodes.get().is_err());
    Ok(())
}

async fn one_statement_for_all_lists<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let many: Vec<_> = (10..60_u64).map(|id| Cluster::draft().id(id).node_ids([1, 2, 3])).collect();
    go!(D, db.repository::<Cluster>().save_many(many))?;
    setup.statements();
    let all = go!(D, db.repository::<Cluster>().query().with(|c| c.nodes.with(|n| n.next)).get())?;
    assert_eq!(all.len(), 53);
    // The snapshot with its end, the clusters and the nodes; no node has a next one.
    assert!(setup.statements() <= 4);
    Ok(())
}

async fn predicates<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let device = go!(D, db.repository::<Device>().save(Device::draft().place(4)))?.id;
    go!(D, db.repository::<Cluster>().save(Cluster::draft().id(3).device_ids([device])))?;
    let found = async |filter: Filter<Cluster>| -> Result<Vec<u64>, Error> {
        let query = db.repository::<Cluster>().query().filter(|_| filter);
        Ok(go!(D, query.order_by(|c| c.id.asc()).get())?.into_iter().map(|c| c.id).collect())
    };
    let c = Cluster::fields();
    assert_eq!(found(c.nodes.any(|n| n.name.eq("a"))).await?, [1, 2]);
    assert_eq!(found(c.nodes.any(|n| n.name.eq("c"))).await?, [1]);
    assert_eq!(found(c.nodes.all(|n| n.name.eq("a"))).await?, [2, 3]);
    assert_eq!(found(c.nodes.none(|n| n.name.eq("a"))).await?, [3]);
    // Twice in the list counts once; what isn't stored doesn't count.
    assert_eq!(found(c.nodes.count().eq(3)).await?, [1]);
    assert_eq!(found(c.nodes.count().eq(1)).await?, [2]);
    assert_eq!(found(c.nodes.exists().not()).await?, [3]);
    assert_eq!(found(c.labels.any(|l| l.color.eq(2))).await?, [1]);
    assert_eq!(found(c.labels.count().eq(0)).await?, [2, 3]);
    assert_eq!(found(c.devices.any(|d| d.place.eq(4))).await?, [3]);
    assert_eq!(found(c.devices.none(|d| d.place.eq(4))).await?, [1, 2]);
    Ok(())
}

async fn broken_lists_are_errors<D: Mode>(setup: Setup) -> TestResult {
    let db = clusters::<D>(&setup).await?;
    let clusters = db.repository::<Cluster>();
    for list in
        ["7", r#""[1, 2]""#, r#""[null]""#, r#""x""#, r#"["a"]"#, "[1, null]", "[-1]", "[[1]]", "{}", "[1.5]"]
    {
        let json = format!(r#"{{ "id": 1, "node_ids": {list} }}"#);
        let error = go!(D, clusters.save_json(&json)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("$.node_ids"), "{list}: {error}");
    }
    assert_eq!(*go!(D, clusters.find(1))?.unwrap().node_ids, [3, 1, 2, 2]);
    Ok(())
}

async fn a_contradicting_list<D: Mode>(setup: Setup) -> TestResult {
    let db = D::settle(setup.builder::<D>().connection("main").strict_nesting(true).start()).await?;
    let clusters = db.repository::<Cluster>();
    go!(D, clusters.save_json(r#"{ "id": 1, "node_ids": [5, 6], "nodes": [{ "id": 5 }, { "id": 6 }] }"#))?;
    let json = r#"{ "id": 1, "node_ids": [5, 6], "nodes": [{ "id": 6 }] }"#;
    assert!(matches!(go!(D, clusters.save_json(json)), Err(Error::Contradiction { .. })));
    Ok(())
}
