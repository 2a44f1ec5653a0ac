"""Sets in the released layout: questions, answers, pictures and masks, in and out."""

from geotamper.sets.layout.folds import FoldConflicts
from geotamper.sets.layout.names import FOLDS, MASK_ROLES, ROLES, Fold, MaskRole, Role, picture_path
from geotamper.sets.layout.opened import TamperSet, open_lists, open_set
from geotamper.sets.layout.picture_files import (
    LooseFiles,
    PictureArrays,
    PictureStore,
    background_of,
    write_picture,
)
from geotamper.sets.layout.records import SetPicture, SetQuestion
from geotamper.sets.layout.segmentation import (
    CLASSES_BY_LEVEL,
    SEGMENTATION_LEVELS,
    UNLABELLED_LEVEL,
    decode_segmentation,
    encode_segmentation,
    majority_class,
)
from geotamper.sets.layout.sidecar import (
    BlurRecord,
    PictureRecord,
    Sidecar,
    TransformRecord,
    read_sidecar,
    write_sidecar,
)
from geotamper.sets.layout.table import NO_FOLD, QuestionTable, TableBuilder, build_table, concatenate
from geotamper.sets.layout.vocabulary import AnswerVocabulary, type_names, type_number
from geotamper.sets.layout.writing import SetLists, with_questions, write_lists

__all__ = [
    "CLASSES_BY_LEVEL",
    "FOLDS",
    "MASK_ROLES",
    "NO_FOLD",
    "ROLES",
    "SEGMENTATION_LEVELS",
    "UNLABELLED_LEVEL",
    "AnswerVocabulary",
    "BlurRecord",
    "Fold",
    "FoldConflicts",
    "LooseFiles",
    "MaskRole",
    "PictureArrays",
    "PictureRecord",
    "PictureStore",
    "QuestionTable",
    "Role",
    "SetLists",
    "SetPicture",
    "SetQuestion",
    "Sidecar",
    "TableBuilder",
    "TamperSet",
    "TransformRecord",
    "background_of",
    "build_table",
    "concatenate",
    "decode_segmentation",
    "encode_segmentation",
    "majority_class",
    "open_lists",
    "open_set",
    "picture_path",
    "read_sidecar",
    "type_names",
    "type_number",
    "with_questions",
    "write_lists",
    "write_picture",
    "write_sidecar",
]
