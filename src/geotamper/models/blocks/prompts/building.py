"""Text prompts by name."""

from collections.abc import Callable, Mapping

from geotamper.models.blocks.prompts.aaue import AauePrompt
from geotamper.models.blocks.prompts.co_attention import CoAttentionPrompt
from geotamper.models.blocks.prompts.cross_attention import CrossAttentionPrompt
from geotamper.models.blocks.prompts.oga import OgaPrompt
from geotamper.models.blocks.prompts.protocol import Surroundings, TextPrompt
from geotamper.models.blocks.prompts.q_former import QFormerPrompt
from geotamper.models.blocks.prompts.separate_fusion import SeparateFusionPrompt
from geotamper.models.blocks.prompts.serial_fusion import SerialFusionPrompt
from geotamper.models.blocks.stma import Stma
from geotamper.models.cmfpf.config import CmfpfConfig, TextPromptName

TEXT_PROMPTS: Mapping[TextPromptName, Callable[[CmfpfConfig, Surroundings], TextPrompt]] = {
    "stma": lambda config, around: Stma(config.stma, around.width),
    "cross_attention": lambda config, around: CrossAttentionPrompt(config.prompt, around),
    "co_attention": lambda config, around: CoAttentionPrompt(config.prompt, around),
    "q_former": lambda config, around: QFormerPrompt(config.prompt, around),
    "aaue": lambda config, around: AauePrompt(config.prompt, around),
    "oga": lambda config, around: OgaPrompt(config.prompt, around),
    "sf": lambda config, around: SerialFusionPrompt(config.prompt, around),
    "stf": lambda config, around: SeparateFusionPrompt(config.prompt, around),
}
"""Builders of all text prompts; `none` has none."""


def build_text_prompt(config: CmfpfConfig, around: Surroundings) -> TextPrompt | None:
    """The text prompt of a configuration; None where it is off.

    Raises:
        InputError: Weights of a mask encoder are missing or of another network.
    """
    build = TEXT_PROMPTS.get(config.text_prompt)
    return None if build is None else build(config, around)
