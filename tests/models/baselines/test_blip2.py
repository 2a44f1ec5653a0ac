"""BLIP-2: parts, frozen towers, and checkpoints of the library."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch

from geotamper.errors import InputError, SpecificationError
from geotamper.models import build_network, preset
from geotamper.models.baselines.blip2 import Blip2
from geotamper.models.normalisation import DEVIATION, MEAN
from geotamper.models.protocol import TokenBatch, single

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def _library_model(**changes: Any) -> Any:
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2QFormerConfig,
        Blip2VisionConfig,
        OPTConfig,
    )

    sizes: dict[str, Any] = {"num_hidden_layers": 2, "num_attention_heads": 4}
    vision = Blip2VisionConfig(
        hidden_size=32,
        intermediate_size=37,
        image_size=28,
        patch_size=14,
        initializer_range=0.02,
        **sizes,
    )
    queries = Blip2QFormerConfig(
        hidden_size=32, intermediate_size=37, encoder_hidden_size=32, vocab_size=99, **sizes
    )
    words = OPTConfig(
        vocab_size=99,
        hidden_size=16,
        word_embed_proj_dim=16,
        ffn_dim=32,
        max_position_embeddings=64,
        bos_token_id=2,
        **sizes,
    )
    torch.manual_seed(4)
    given = {"num_query_tokens": 10} | changes
    model: Any = Blip2ForConditionalGeneration(
        Blip2Config(vision_config=vision, qformer_config=queries, text_config=words, **given)
    )
    torch.nn.init.normal_(model.query_tokens)
    return model.eval()


def _tiny(*changes: str) -> Blip2:
    config = preset("blip2", "tiny").with_settings(changes)
    return cast("Blip2", build_network("blip2", config, 5)).eval()


def _tokens() -> TokenBatch:
    ids = torch.tensor([[2, 7, 8, 9, 1, 1], [2, 30, 31, 32, 33, 34]])
    return TokenBatch(ids, ids != 1)


def test_checkpoint_gives_the_states_of_the_library(tmp_path: Path) -> None:
    theirs = _library_model()
    theirs.save_pretrained(tmp_path)
    ours = _tiny(f"weights={tmp_path}")
    pictures, tokens = torch.randn(2, 3, 28, 28), _tokens()
    mean, deviation, clip_mean, clip_deviation = (
        torch.tensor(values).view(3, 1, 1) for values in (MEAN, DEVIATION, CLIP_MEAN, CLIP_DEVIATION)
    )
    with torch.no_grad():
        logits = ours(pictures, tokens, single(2), single(2)).logits
        seen = theirs.vision_model((pictures * deviation + mean - clip_mean) / clip_deviation)
        assert seen.last_hidden_state.shape == (2, 5, 32)
        found = theirs.qformer(
            query_embeds=theirs.query_tokens.expand(2, -1, -1), encoder_hidden_states=seen.last_hidden_state
        ).last_hidden_state
        prefix = theirs.language_projection(found)
        assert (found.shape, prefix.shape) == ((2, 10, 32), (2, 10, 16))
        decoder = theirs.language_model.model.decoder
        for row, length in enumerate((4, 6)):  # each text alone, without padding
            words = decoder.embed_tokens(tokens.ids[row : row + 1, :length])
            states = decoder(inputs_embeds=torch.cat((prefix[row : row + 1], words), dim=1)).last_hidden_state
            torch.testing.assert_close(logits[row : row + 1], ours.head(states[:, -1]), atol=1e-5, rtol=1e-4)


def test_checkpoint_of_another_size_is_refused(tmp_path: Path) -> None:
    _library_model(num_query_tokens=7).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="7 queries"):
        _tiny(f"weights={tmp_path}")
    with pytest.raises(InputError, match="does not fit"):
        _tiny(f"weights={tmp_path}", "queries.count=7", "queries.feed_forward=40")


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        _tiny(f"weights={tmp_path / 'nowhere'}")
    with pytest.raises(InputError, match="cannot read BLIP-2"):
        _tiny(f"weights={tmp_path}")


def test_checkpoint_needs_its_own_towers() -> None:
    with pytest.raises(SpecificationError, match="a checkpoint needs"):
        preset("blip2", "compact").with_settings(["weights=folder"])


def test_frozen_parts_stay_in_evaluation_mode() -> None:
    network = _tiny()
    network.train()
    assert network.head.training
    assert network.query_transformer.model.training
    assert not network.language_model.decoder.training
    assert not cast("torch.nn.Module", network.image_tower.model).training


def test_pretrained_parts_have_a_rate_of_their_own() -> None:
    config = preset("blip2", "paper")
    assert config.pretrained_modules() == ()
    known = config.with_settings(["weights=folder"]).pretrained_modules()
    assert known == ("query_transformer", "language_projection")


def test_reduced_precision_answers_in_float32() -> None:
    changes = [f"{part}.precision=bfloat16" for part in ("towers.image", "towers.text", "language")]
    network = _tiny(*changes)
    logits = network(torch.randn(2, 3, 28, 28), _tokens(), single(2), single(2)).logits
    assert logits.dtype == torch.float32
    logits.sum().backward()
    assert network.query_transformer.queries.grad is not None
