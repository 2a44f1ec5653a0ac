"""The task, defined once: classes, questions, answers, rules and wording, without a pixel or a tensor."""
