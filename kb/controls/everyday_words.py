"""What administrators change in the list of everyday words (kb/lexicon/synonyms.txt): limits of an entry.

A change is an everyday word and the official word that is looked for in its place; empty when the everyday
word is to be left as typed, whatever the shipped list says.
"""

from kb.errors import InputError

MAX_SAID, MAX_OFFICIAL = 20, 60  # characters
MOST = 500  # changes


def check_everyday(said: str, official: str | None) -> tuple[str, str | None]:
    """`said` and `official` without white space at their ends, if they can be a change.

    Raises:
        InputError: a word is empty, too short or too long, or holds white space.
    """
    said = said.strip()
    if not said:
        raise InputError("请写日常说法。")
    if any(character.isspace() or character == "=" for character in said):
        raise InputError("日常说法里不能有空格和“=”；几个说法请分几次加。")
    if not said.isprintable():
        raise InputError("日常说法里有不能显示的字符，请重新输入。")
    if len(said) < 2 or len(said) > MAX_SAID:
        raise InputError(f"日常说法应有 2 到 {MAX_SAID} 个字。")
    if official is None:
        return said, None
    official = official.strip()
    if not official.isprintable():
        raise InputError("文件里的说法有不能显示的字符，请重新输入。")
    if len(official) > MAX_OFFICIAL:
        raise InputError(f"文件里的说法有 {len(official)} 个字，最多 {MAX_OFFICIAL} 个字。")
    return said, official
