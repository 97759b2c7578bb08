import pytest

from pipeline.errors import ConfigurationError
from pipeline.text.urls import is_home_of, load_params, same_site, trusted_canonical, url_key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (
            "https://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=181595",
            "https://world.kbs.co.kr/service/news_view.htm?Seq_Code=181595&lang=e",
        ),
        (
            "https://www.mofa.go.kr/www/brd/m_4080/view.do?seq=376100&page=1&utm_source=rss",
            "https://www.mofa.go.kr/www/brd/m_4080/view.do?seq=376100",
        ),
        (
            "https://nkinfo.unikorea.go.kr/nkp/trend/viewTrend.do?menuId=1&trendMngNo=134739",
            "https://nkinfo.unikorea.go.kr/nkp/trend/viewTrend.do?menuId=1&trendMngNo=134739",
        ),
        ("https://www.koreatimes.co.kr/a.html?utm_source=x&fbclid=y#c", "https://www.koreatimes.co.kr/a.html"),
        ("https://en.yna.co.kr/view/AEN20260927000100315?section=nk/nk", "https://en.yna.co.kr/view/AEN20260927000100315"),
    ],
)
def test_addresses_of_korean_sites_keep_the_article_and_lose_the_rest(url, key):
    assert url_key(url) == key


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (
            "https://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=181595",
            "https://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=181596",
        ),
        ("https://www.mofa.go.kr/www/brd/m_4080/view.do?seq=376100", "https://www.mofa.go.kr/www/brd/m_4080/view.do?seq=376101"),
        ("https://paper.example/sub_read.html?uid=101&section=sc1", "https://paper.example/sub_read.html?uid=102&section=sc1"),
        ("https://paper.example/view?cid=1", "https://paper.example/view?cid=2"),
        ("https://paper.example/view?eid=1", "https://paper.example/view?eid=2"),
        ("https://paper.example/view?ref=1", "https://paper.example/view?ref=2"),
        ("https://paper.example/view?source=1", "https://paper.example/view?source=2"),
        ("https://paper.example/view?gallery_no=1", "https://paper.example/view?gallery_no=2"),
        ("https://paper.example/view?no=1", "https://paper.example/view?no=2"),
        ("https://paper.example/view?page=1", "https://paper.example/view?page=2"),
        ("https://paper.example/?12345", "https://paper.example/?12346"),
        ("https://paper.example/view?id=A1", "https://paper.example/view?id=a1"),
        ("https://paper.example/A/1", "https://paper.example/a/1"),
        ("https://paper.example/#!/news/1", "https://paper.example/#!/news/2"),
        ("https://paper.example/p?url=https://paper.example/", "https://paper.example/q?url=https://paper.example/"),
        ("https://paper.example/?q=%BA%CF", "https://paper.example/?q=%B3%B2"),
        ("https://paper.example/a%2Fb", "https://paper.example/a/b"),
        ("https://paper.example:8080/1", "https://paper.example/1"),
        ("https://a.paper.example/1", "https://b.paper.example/1"),
    ],
)
def test_two_articles_never_share_a_key(one, two):
    assert url_key(one) != url_key(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("http://Paper.Example:80/news/1/", "https://paper.example/news/1"),
        ("https://paper.example", "https://paper.example/"),
        ("https://paper.example/1?b=2&a=1", "https://paper.example/1?a=1&b=2"),
        ("https://paper.example/1?a=1&amp;b=2", "https://paper.example/1?a=1&b=2"),
        ("https://paper.example/1?a=1&a=1", "https://paper.example/1?a=1"),
        ("https://paper.example/1?a=&b=2", "https://paper.example/1?b=2"),
        ("https://paper.example/1?UTM_Source=x&utm_anything=y&gclid=z", "https://paper.example/1"),
        ("https://paper.example/view.do;jsessionid=AB12.node1?seq=1", "https://paper.example/view.do?seq=1"),
        ("https://paper.example/뉴스/1", "https://paper.example/%eb%89%b4%ec%8a%a4/1"),
        ("https://paper.example/?q=북한", "https://paper.example/?q=%EB%B6%81%ED%95%9C"),
        ("https://paper.example/%7Euser/1", "https://paper.example/~user/1"),
        ("https://xn--3e0b707e.kr/1", "https://한국.kr/1"),
        ("  https://paper.example/1\n", "https://paper.example/1"),
        ("https://paper.example//news//1", "https://paper.example/news/1"),
        ("https://me:secret@paper.example/1", "https://paper.example/1"),
        ("https://www.bbc.com/news/a1?at_medium=RSS&at_campaign=KARANGA", "https://www.bbc.com/news/a1"),
    ],
)
def test_spellings_of_one_address_share_a_key(one, two):
    assert url_key(one) == url_key(two)


@pytest.mark.parametrize(
    "url",
    [
        "https://wire.example/a/b?id=1",
        "http://127.0.0.1:8080/a?b=1",
        "http://[2001:db8::1]:80/x",
        "http://localhost/x",
        "https://한국.kr/뉴스/1",
        "https://paper.example/?12345",
        "https://paper.example/{x}/<b>?q=%zz",
        "http://paper.example:99999/x",
        "http://[::1/x",
        "not an address",
        "",
    ],
)
def test_a_key_is_its_own_key_for_any_host_and_any_string(url):
    assert url_key(url_key(url)) == url_key(url)


def test_parameters_of_one_site_stay_on_other_sites():
    assert url_key("https://paper.example/view?section=nk/nk") == "https://paper.example/view?section=nk%2Fnk"
    assert url_key("https://notyna.co.kr/view?section=1") == "https://notyna.co.kr/view?section=1"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", r"params\.yaml: is empty"),
        ("everywhere: []\n", r"params\.yaml:1: the key 'hosts' is missing"),
        ("everywhere: {}\nhosts: {}\n", r"params\.yaml:1: everywhere: a list is expected here"),
        ("everywhere: [a,\n  UTM]\nhosts: {}\n", r"params\.yaml:2: everywhere: 'UTM' must be in lower case"),
        ("everywhere: []\nhosts: {a.kr: page}\n", r"params\.yaml:2: hosts\.a\.kr: a list is expected here"),
        ("everywhere: [no]\nhosts: {}\n", r"params\.yaml:1: everywhere: .*quote it"),
        ("a: [", r"params\.yaml:\d+: no valid YAML"),
    ],
)
def test_a_wrong_table_of_parameters_is_a_configuration_error(tmp_path, text, fault):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=fault):
        load_params(path)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("https://en.yna.co.kr/1", "https://www.yna.co.kr/2", True),
        ("https://www.yna.co.kr/", "https://www.newsis.co.kr/", False),
        ("https://mofa.go.kr/", "https://unikorea.go.kr/", False),
        ("https://wire.example/1", "http://www.wire.example/2", True),
        ("https://wire.example/1", "https://other.example/1", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("nonsense", "nonsense", False),
        ("http://[::1/x", "http://[::1/x", False),
    ],
)
def test_sites_are_compared_by_registered_domain(one, two, same):
    assert same_site(one, two) is same


@pytest.mark.parametrize(
    ("url", "canonical", "trusted"),
    [
        ("https://www.yna.co.kr/view/AKR20260927000100?section=x", "https://www.yna.co.kr/view/AKR20260927000100", True),
        ("https://m.wire.example/news/12345/amp", "https://wire.example/news/12345", True),
        ("https://wire.example/news/12345?from=rss", "https://wire.example/news/12345", True),
        ("https://wire.example/news/12345", "https://wire.example/", False),
        ("https://wire.example/politics/12345", "https://wire.example/politics/", False),
        ("https://wire.example/articleView.html?idxno=12345", "https://wire.example/articleView.html", False),
        ("https://wire.example/news/12345", "https://other.example/news/12345", False),
        ("https://wire.example/news/12345", "/news/12345", False),
        ("https://wire.example/news/12345", "", False),
    ],
)
def test_a_canonical_address_is_trusted_only_where_it_is_an_article_of_the_site(url, canonical, trusted):
    assert trusted_canonical(url, canonical) == (canonical if trusted else None)


def test_the_home_page_with_a_query_is_an_article():
    assert not is_home_of("https://wire.example/?p=123", "https://wire.example/?p=123")
