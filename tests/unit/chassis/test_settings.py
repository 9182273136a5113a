import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import ApiKeySetting, BadSettings, HttpPort, ServiceSettings, describe, load


class WorkshopSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="WORKSHOP_")

    http_port: HttpPort = 8100
    stock_key: ApiKeySetting = Field(description="API key for the stock")
    weights: dict[str, int] = Field({"a": 1}, description="Weights")


GOOD = {
    "WORKSHOP_DATABASE_URL": "postgresql://workshop:s3cret@db:5432/workshop",
    "WORKSHOP_ADMIN_PORT": "9100",
    "WORKSHOP_STOCK_KEY": f"ck_{'0' * 16}_{'s' * 43}",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_variables_with_the_services_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_HTTP_PORT", "0")
    monkeypatch.setenv("WORKSHOP_KAFKA", "one:9092,two:9092")
    settings = load(WorkshopSettings)
    assert (settings.http_port, settings.admin_port, settings.kafka) == (0, 9100, "one:9092,two:9092")
    assert settings.database_url.get_secret_value().endswith("@db:5432/workshop")
    assert "s3cret" not in repr(settings)
    assert "battery" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("WORKSHOP_HTTP_PORT", "eighty", "valid integer"),
        ("WORKSHOP_HTTP_PORT", "70000", "less than or equal to 65535"),
        ("WORKSHOP_BATCH_SIZE", "0", "greater than or equal to 1"),
        ("WORKSHOP_KAFKA", "somewhere", "host:port"),
        ("WORKSHOP_LOG_LEVEL", "LOUD", "'DEBUG'"),
        ("WORKSHOP_DATABASE_URL", "mysql://workshop:s3cret@db/workshop", "postgresql://user:password@host"),
        ("WORKSHOP_DATABASE_URL", "postgresql://workshop:s3cret@db:5432", "postgresql://user:password@host"),
        (
            "WORKSHOP_DATABASE_URL",
            "postgresql://workshop:s3cret@db:port/x",
            "postgresql://user:password@host",
        ),
        ("WORKSHOP_STOCK_KEY", "s3cret", "ck_<id>_<secret>"),
        ("WORKSHOP_WEIGHTS", "{s3cret", "expected JSON"),
    ],
)
def test_an_invalid_setting_is_named_with_what_was_expected_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings, match=expected) as raised:
        load(WorkshopSettings)
    assert variable in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_all_missing_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name)
    with pytest.raises(BadSettings) as raised:
        load(WorkshopSettings)
    for name in GOOD:
        assert f"{name} is missing" in str(raised.value)


def test_the_table_of_settings_names_every_variable_its_default_and_its_meaning() -> None:
    table = describe(WorkshopSettings).splitlines()
    rows = {line.split()[0]: line for line in table}
    assert set(rows) == {f"WORKSHOP_{field.upper()}" for field in WorkshopSettings.model_fields}
    assert "required" in rows["WORKSHOP_DATABASE_URL"]
    assert "8100" in rows["WORKSHOP_HTTP_PORT"]
    assert "TCP port of the service's API" in rows["WORKSHOP_HTTP_PORT"]


class SharedSettings(WorkshopSettings):
    model_config = SettingsConfigDict(populate_by_name=True)

    ladder: int = Field(3, validation_alias="CICLO_LADDER", description="How high the ladder is, in metres")


def test_a_setting_that_services_share_has_a_variable_without_their_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CICLO_LADDER", "5")
    assert load(SharedSettings).ladder == 5
    assert any(row.startswith("CICLO_LADDER ") for row in describe(SharedSettings).splitlines())
    monkeypatch.setenv("CICLO_LADDER", "high")
    with pytest.raises(BadSettings, match=r"CICLO_LADDER: input should be a valid integer"):
        load(SharedSettings)
