"""What a model card says of its own accord, and what it asks for."""

import pytest

from vitcourse import cards
from vitcourse.configuration import FineTuning

MEASURED = {
    "threshold": 0.4,
    "validation": {"photos": 27, "accuracy": 25 / 27, "accuracy_interval": [0.77, 0.98]},
    "test": {"photos": 27, "accuracy": 1.0, "accuracy_interval": [0.875, 1.0], "f1_macro": 1.0},
}
ASKED = ["Intended use", "Out of scope", "Risks and limits", "Data and licences"]


def card_of(**fields):
    return cards.text(FineTuning(**fields), MEASURED, [{"epoch": 1}], ["can", "carton"])


def test_it_asks_for_what_only_people_know():
    card = card_of()
    assert cards.open_sections(card) == ASKED
    for section in ASKED:
        assert card.count(f"\n## {section}\n") == 1
    for heading in ASKED:
        assert heading in cards.open_sections(card)
        card = card.replace(cards.OPEN, "said", 1)
    assert cards.open_sections(card) == []


def test_the_hub_reads_it():
    from huggingface_hub import ModelCard

    card = ModelCard(card_of())
    assert card.data.eval_results[0].metric_value == 1.0
    assert card.data.base_model == "WinKawaks/vit-tiny-patch16-224"


def test_licences_of_the_registry(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    card = card_of(model="vit-tiny", teacher="mobilenetv2")
    for text in ("Apache-2.0; https://huggingface.co/WinKawaks", "; MIT; Microsoft", "mobilenetv2: "):
        assert text in card
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    assert "fridge: its drawn twin, not photos; Apache-2.0" in card_of()


def test_a_folder_of_ones_own_has_a_licence_that_is_asked_for(tmp_path):
    card = card_of(data=str(tmp_path))
    assert f"{tmp_path.name}: licence and source {cards.OPEN}" in card and str(tmp_path) not in card


@pytest.mark.parametrize(
    ("multi_label", "says"), [(False, "it names one of them"), (True, "it does not say")]
)
def test_out_of_scope_fits_the_task(multi_label, says):
    fields = {"multi_label": True, "label_smoothing": 0.0} if multi_label else {}
    assert says in card_of(**fields)


def test_headings_of_other_levels_do_not_end_a_section():
    card = f"---\nx: 1\n---\n\n# A\n\n## B\n\n### C\n\n{cards.OPEN}\n\n## D\n\nsaid\n"
    assert cards.open_sections(card) == ["B"]
    assert cards.open_sections("no sections") == []
