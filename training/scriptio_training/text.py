"""Normalising and corrupting sentences before they are joined to training texts."""

import random
import re
import sys
import unicodedata

#: Languages whose sentences are joined without a space.
UNSPACED = frozenset({"zh", "ja", "my", "km", "yue", "lo"})

SPACES = re.compile(r"\s+")
_DELETE = {c: None for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c))[0] == "P"}
_MARK = re.compile("[" + re.escape("".join(map(chr, _DELETE))) + "]")

#: What writers of messages put where a full stop would be.
FACES = (":)", ":D", ":(", ";)", ":-)", ":P", "<3", "xD", "😂", "😊", "❤", "👍", "🙏", "😭", "🤔")
TAILS = ("lol", "haha", "omg", "btw", "ok", "hm")


def clean(sentence: str) -> str:
    """NFKC, no right-to-left marks, single spaces: as the published evaluations do."""
    text = unicodedata.normalize("NFKC", sentence.replace("\u200f", "").strip())
    return SPACES.sub(" ", text).strip()


def speech(sentence: str) -> str:
    """Lower case and no punctuation: what a recogniser of speech writes."""
    return SPACES.sub(" ", sentence.lower().translate(_DELETE)).strip()


def chat(sentence: str, rng: random.Random) -> str:
    """Careless typing: case, punctuation and both of them lost or overdone."""
    style = rng.random()
    if rng.random() < 0.5:
        sentence = sentence.lower()
    if style < 0.4:
        sentence = sentence.translate(_DELETE)
    elif style < 0.65:
        # The mark at the end is the first that is left out.
        sentence = sentence.rstrip(".!?。！？।؟ ")
    elif style < 0.85:
        # A mark is repeated a geometric number of times, which may be none.
        def repeat(match: re.Match[str]) -> str:
            count = 0
            while rng.random() < 0.5 and count < 6:
                count += 1
            return match.group() * count

        sentence = _MARK.sub(repeat, sentence)
    sentence = SPACES.sub(" ", sentence).strip()
    if sentence and rng.random() < 0.12:
        last = sentence[-1]
        if _MARK.match(last) and rng.random() < 0.5:
            sentence = sentence[:-1].rstrip()
        sentence += " " + rng.choice(FACES if rng.random() < 0.8 else TAILS)
    return sentence.strip()
