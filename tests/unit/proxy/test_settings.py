"""Settings: the defaults fit one another."""

from slicer.proxy.settings import Settings


def test_the_defaults_fit_one_another() -> None:
    settings = Settings()
    assert settings.retry_first <= settings.retry_most
    assert settings.outbox_events < settings.outbox_replies, "events give way to answers"
    assert settings.contest_timeout < settings.probe_interval, "a contest is decided first"
    assert settings.greeting_timeout < settings.audit_interval
    assert min(settings.unidentified_datapaths, settings.tenants_per_controller) > 1
