//! Servers and networks that fail.

use super::*;

#[test]
fn a_transfer_that_breaks_off_goes_on_where_it_was() {
    let content = archive();
    let server = Server::start(&content, &[Habit::BreaksOff(1000), Habit::BreaksOff(500), Habit::Good]);
    let mut case = Case::pinned(&server, &content);
    assert_eq!(case.fetch().unwrap().ingested.corpus.len(), 2000);
    let ranges: Vec<bool> = ["range: bytes=1000-", "range: bytes=1500-"]
        .iter()
        .zip(&server.requests()[1..])
        .map(|(range, head)| head.contains(range) && head.contains("if-range: \"1\""))
        .collect();
    assert_eq!((ranges, case.retries.len()), (vec![true, true], 2));
}

#[test]
fn a_later_run_goes_on_where_an_earlier_one_gave_up() {
    let content = archive();
    let server = Server::start(&content, &[Habit::BreaksOff(100)]);
    let mut case = Case::of(&server);
    let error = case.error();
    assert!(error.contains("broke off after 400 of") || error.contains("stopped after 400 of"), "{error}");
    assert!(error.contains("gave up after 4 attempts") && error.contains("400 bytes are kept"), "{error}");
    assert_eq!(case.kept().len(), 2, "{:?}", case.kept());
    server.behave(&[Habit::Good]);
    assert_eq!(case.fetch().unwrap().ingested.corpus.len(), 2000);
    assert!(server.requests().last().unwrap().contains("range: bytes=400-"));
    assert_eq!(case.content(), ["mine"]);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let server = Server::start(&archive(), &[Habit::BreaksOff(1000)]);
    let mut case = Case::of(&server);
    case.error();
    let other = packed(&[("run/y.csv", &table(30))]);
    server.replace(&other, "\"2\"");
    server.behave(&[Habit::Good]);
    assert_eq!(case.fetch().unwrap().ingested.corpus.len(), 30);
}

#[test]
fn a_server_that_ignores_ranges_or_sends_wrong_ones_costs_time_but_no_byte() {
    let content = archive();
    for habit in [Habit::IgnoresRange, Habit::WrongRange(7)] {
        let server = Server::start(&content, &[Habit::BreaksOff(1000), habit.clone(), Habit::Good]);
        let mut case = Case::of(&server);
        let fetched = case.fetch().unwrap();
        assert_eq!(fetched.record.archives[0].sha256, sha256(&content), "{habit:?}");
    }
}

#[test]
fn a_server_that_lies_about_the_length_is_found_out() {
    let content = archive();
    let size = content.len() as u64;
    // Too much: the rest never comes. What is kept is whole as soon as the server admits that there is no more.
    let server = Server::start(&content, &[Habit::Announces(size + 10)]);
    let mut case = Case::of(&server);
    let error = case.error();
    assert!(error.contains(&format!("after {size} of {}", size + 10)), "{error}");
    server.behave(&[Habit::Good]);
    assert_eq!(case.fetch().unwrap().record.archives[0].sha256, sha256(&content));

    // Too little: what comes is not the file.
    let server = Server::start(&content, &[Habit::Announces(size - 10)]);
    let mut case = Case::pinned(&server, &content);
    assert!(matches!(case.fetch(), Err(FetchError::Checksum { .. })));
    assert!(case.content().is_empty(), "{:?}", case.content());
    let mut case = Case::of(&server);
    assert!(case.error().contains("is damaged or cut off"), "{}", case.error());
    assert!(case.content().is_empty(), "{:?}", case.content());

    // More than any disk has.
    let server = Server::start(&content, &[Habit::Announces(1 << 60)]);
    let mut case = Case::of(&server);
    assert!(matches!(case.fetch(), Err(FetchError::Space { .. })));
    assert!(case.content().is_empty(), "{:?}", case.content());
}

#[test]
fn wrong_bytes_are_refused_and_not_kept() {
    let content = archive();
    let mut wrong = content.clone();
    wrong[5000] ^= 1;
    let server = Server::start(&wrong, &[Habit::Good]);
    let mut case = Case::pinned(&server, &content);
    let error = case.error();
    assert!(error.contains(&sha256(&content)) && error.contains(&sha256(&wrong)), "{error}");
    assert!(case.content().is_empty(), "{:?}", case.content());
    server.replace(&content, "\"2\"");
    assert!(case.fetch().is_ok());

    let size = content.len() as u64;
    let server = Server::start(&content, &[Habit::Good]);
    let mut case = Case::new(&server.url, Archive { size: Some(size + 1), ..Archive::default() });
    assert!(matches!(case.fetch(), Err(FetchError::Size { found, .. }) if found == size));
}

#[test]
fn a_missing_file_is_said_at_once_and_an_overloaded_server_is_asked_again() {
    let content = archive();
    for status in ["404 Not Found", "403 Forbidden", "410 Gone", "418 Teapot"] {
        let server = Server::start(&content, &[Habit::Answers(status, "")]);
        let mut case = Case::of(&server);
        let error = case.error();
        assert!(error.contains(&status[..3]) && error.contains("--url"), "{error}");
        assert_eq!((server.requests().len(), case.content().len()), (1, 0), "{status}");
    }
    for status in ["503 Service Unavailable", "429 Too Many Requests", "500 Internal Server Error"] {
        let server = Server::start(&content, &[Habit::Answers(status, "Retry-After: 0\r\n"), Habit::Good]);
        assert!(Case::of(&server).fetch().is_ok(), "{status}");
        let server = Server::start(&content, &[Habit::Answers(status, "")]);
        let error = Case::of(&server).error();
        assert!(error.contains(&status[..3]) && error.contains("4 attempts"), "{error}");
        assert_eq!(server.requests().len(), 4);
    }
}

#[test]
fn a_server_that_hangs_is_left_in_time_and_asked_again() {
    let content = archive();
    let server = Server::start(&content, &[Habit::Hangs(None), Habit::Hangs(Some(700)), Habit::Good]);
    let mut case = Case::of(&server);
    assert!(case.fetch().is_ok());
    assert_eq!(case.retries.len(), 2, "{:?}", case.retries);
    assert!(server.requests()[2].contains("range: bytes=700-"));

    let server = Server::start(&content, &[Habit::Hangs(None)]);
    let begin = std::time::Instant::now();
    let error = Case::of(&server).error();
    assert!(error.contains("timeout") || error.contains("timed out"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn no_server_and_no_http_are_errors() {
    let server = Server::start(b"", &[Habit::Garbage]);
    assert!(Case::of(&server).error().contains("gave up"), "{}", Case::of(&server).error());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(Case::new(&format!("http://{closed}/x"), Archive::default()).error().contains("gave up"));
    for url in ["ftp://host/x", "x.zip", "http://", "http://a b/"] {
        let error = Case::new(url, Archive::default()).error();
        assert!(error.contains("is no address of a file"), "{url}: {error}");
    }
}

#[test]
fn redirects_are_followed_and_circles_are_not() {
    let content = archive();
    let server = Server::start(&content, &[Habit::Good]);
    let detour = Server::start(b"", &[Habit::Redirects(server.url.clone())]);
    assert!(Case::of(&detour).fetch().is_ok());
    detour.behave(&[Habit::Redirects(detour.url.clone())]);
    let error = Case::of(&detour).error();
    assert!(error.to_lowercase().contains("redirect"), "{error}");
}

#[test]
fn a_file_without_a_size_comes_whole() {
    let content = archive();
    let server = Server::start(&content, &[Habit::Unsized]);
    assert_eq!(Case::of(&server).fetch().unwrap().record.archives[0].bytes, content.len() as u64);
}
