"""The corpora with a name: where their files are, and what the text of each consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from shakelm.data.play_form import speeches

Language = Literal["English", "Spanish"]
"""The languages of the corpora."""


@dataclass(frozen=True)
class CorpusFile:
    """A file of a corpus: its name, and the SHA-256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class NamedCorpus:
    """A corpus with a name.

    Attributes:
        addresses: of its files, tried in this order; `{file}` stands for the name of a file.
        files: the files whose text it consists of, in this order.
        title: what it holds.
        characters: the length of its text.
        language: of its text.
        held_out: further files whose text is held out, in place of the last tenth. They are placed last.
        form: turns the text of each file into the form of the corpus.
    """

    addresses: tuple[str, ...]
    files: tuple[CorpusFile, ...]
    title: str
    characters: int
    language: Language
    held_out: tuple[CorpusFile, ...] = ()
    form: Callable[[str], str] = str


NAMED: Mapping[str, NamedCorpus] = {
    "shakespeare": NamedCorpus(
        addresses=(
            "https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
            "https://raw.githubusercontent.com/karpathy/char-rnn/"
            "d1d7aa34fdb3626174bce1d753e6cc6845ce7087/data/tinyshakespeare/input.txt",
        ),
        files=(
            CorpusFile("shakespeare.txt", "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
        ),
        title="Speeches from the plays of William Shakespeare",
        characters=1_115_394,
        language="English",
    ),
    "shakespeare-plays": NamedCorpus(
        addresses=(
            "https://raw.githubusercontent.com/martin-gorner/tensorflow-rnn-shakespeare/"
            "25946cd6486e8a8f96d84edb200a8b8b6e961c27/shakespeare/{file}",
        ),
        files=(
            CorpusFile(
                "1kinghenryiv.txt", "7590d173c0be7dba0e2322b357ad33e5e65375d7af154c4ad4d7350d86652780"
            ),
            CorpusFile(
                "1kinghenryvi.txt", "715e55cc52c1150bcc9ae8fb91dd61a0773d76f3750fece25978b9f8783e1d90"
            ),
            CorpusFile(
                "2kinghenryiv.txt", "4a9f52f2db3ed3f0c150eefb96e25941a4a0b402addfc559581e9025186e42e5"
            ),
            CorpusFile(
                "2kinghenryvi.txt", "b282843daec114f4d0104330a94a700d217ac31ce3e3fa7aa24c3e296d9992f9"
            ),
            CorpusFile(
                "3kinghenryvi.txt", "6156dfad1cd8844c645ddcdc1f4db4e02397f84669ca589cfc148123170863fb"
            ),
            CorpusFile(
                "allswellthatendswell.txt", "3bad3562a52b3439cb63c6f267f3fb50ef44116eafd2429011ee9908d4b832bb"
            ),
            CorpusFile(
                "antonyandcleopatra.txt", "4cecd44a3320f7d66dc04fb0a50c5250b589ae8a7f8990f8eb98086b19595876"
            ),
            CorpusFile("asyoulikeit.txt", "eaa3526fe53859f34ecdf255712f9ecf0b2c903451d4755b2edaa2e2599cb0fc"),
            CorpusFile(
                "comedyoferrors.txt", "d53fcfe394885515efa22e36ac945702a899908afbc1b827ee3459cfdfca0c78"
            ),
            CorpusFile("coriolanus.txt", "13d7e0259fcd46cdafb125ae0b6cc8b2432fdb4fe59afba55179adea955748b5"),
            CorpusFile("cymbeline.txt", "b5bb1a49d38e1b62b14d7c35c5d932acf740cc8c7e08fbb76ebb8379bb103b3a"),
            CorpusFile("hamlet.txt", "1846810b98f3dce4174a488cd19f3e7ceabff2a4b00487089fbcb2891003d847"),
            CorpusFile(
                "juliuscaesar.txt", "d4b1254e22888a272f4245b6af4aa9b9c61fc24798d30cd0287ff9491f4d8f5f"
            ),
            CorpusFile("kinghenryv.txt", "62cbcdfd774cdbc30b20032ef5be5ac92d678581612567f0b54d1cdcb7fd59c5"),
            CorpusFile(
                "kinghenryviii.txt", "63fc4a4ec60c4c72eac474917d0c234b9fe15d19deda213c857d911a386a3c49"
            ),
            CorpusFile("kingjohn.txt", "251870ca2777912eed076fc30ccb32e88784a124b6ef365855bb31a1ebac34a9"),
            CorpusFile("kinglear.txt", "674a2725884307c96398440497c889ad8cecccedf5689df85e6b0faabe4e0fe8"),
            CorpusFile(
                "kingrichardii.txt", "7af43884757911af0b365a9b5544e75c4d6c423c40f6b3b289b5a39756fdb1e5"
            ),
            CorpusFile(
                "kingrichardiii.txt", "0b5ef70294ed26ffe2c5496e3723650e8bef5ac178c83287ef7735d9c5d2f9d5"
            ),
            CorpusFile(
                "loveslabourslost.txt", "b7521b8ae6d6cff3cd4c709edfb1d9776a40756a9fc0d86d3676ed9f1621269e"
            ),
            CorpusFile("macbeth.txt", "339afa674ac54e5038bd610056e87b0ba70f6543b2fbcfea421bfd0fbbc21e7f"),
            CorpusFile(
                "measureforemeasure.txt", "1449c06143bdf48eaddf989f9136c8dbd36cf3893d75420f854085c8226ca93e"
            ),
            CorpusFile(
                "merchantofvenice.txt", "54b95ab530e81bfcd03325b6bd7b14d20d1a9d41a38c2d8867c3fa8da1b6292c"
            ),
            CorpusFile(
                "merrywivesofwindsor.txt", "85dfbea19962e8d21479debc0f0df48c244f05ec99e0cba9d41da0f01739a16c"
            ),
            CorpusFile(
                "midsummersnightsdream.txt",
                "684b22072f158a7965e942d7e9b633bf7c6c65b14a7b519631bbf2f826349370",
            ),
            CorpusFile(
                "muchadoaboutnothing.txt", "fad832e284ccabb6fcb5dc3dd34d2636a07358d6474f10eed8e9ed98050208ee"
            ),
            CorpusFile("othello.txt", "e1590d00e121e53587157fa952e0da4070b76721599ebcedce3bb698228adbab"),
            CorpusFile(
                "periclesprinceoftyre.txt", "f03561e0fb339fd38359093bf6a0c63bfa2c3ba1eafe66ef50aacfe91295a739"
            ),
            CorpusFile(
                "romeoandjuliet.txt", "1cd830b4a8154da63839a2379f15c2e820b8fa5a339a3b751fc554a8e14af327"
            ),
            CorpusFile(
                "timonofathens.txt", "a01c9ebbf5d31936571997a4a13d3a3554ec3b081956b4da0b4a12d7f4d7581e"
            ),
            CorpusFile(
                "titusandronicus.txt", "5135117e84fa127c7a4b0e376bb5ab97ac99cdad7da51ba463ba40febca44801"
            ),
            CorpusFile(
                "troilusandcressida.txt", "fdf3a04f0a92ec3c61ea7349d301c4d4eae1805dfa6d6c2d6e477aeabc76e4df"
            ),
            CorpusFile(
                "twelfthnight.txt", "68a44a35e82462d4f0217d2a40db874a431d666626691a806b63339118831039"
            ),
            CorpusFile(
                "twogentlemenofverona.txt", "53f40375e388911699a92321eff4585ab391ecb45b0c64c0bca0389b0b767413"
            ),
            CorpusFile("winterstale.txt", "9a1c8f6f73264b2bfb7e1b674cc2c8690da8c3eedffc911f28de7deec449d6cd"),
        ),
        title="The plays of William Shakespeare",
        characters=4_673_247,
        language="English",
        held_out=(
            CorpusFile("tempest.txt", "1f20301e552d43aaaca298af6f36334319934fac98b24306e6836d849386e6e8"),
            CorpusFile(
                "tamingoftheshrew.txt", "87f9d1f22bb050276d1677012ea09d853aadc542ca84adcd44b82f48b4870438"
            ),
        ),
        form=speeches,
    ),
    "quijote": NamedCorpus(
        addresses=(
            "https://raw.githubusercontent.com/Notrito/quijote-gpt/"
            "af82dd5fcdeea932d9db30c8d65883a11ee24639/{file}",
        ),
        files=(
            CorpusFile("quijote.txt", "387421be5bc0aa8da31018815f605963afb920adeaa408ba89c6b858e790e4ed"),
        ),
        title="Don Quijote by Miguel de Cervantes",
        characters=2_110_729,
        language="Spanish",
    ),
}


def language(name: str, characters: int) -> Language | None:
    """The language of the corpus with that name and length. None for any other text, of the same name too."""
    known = NAMED.get(name)
    return known.language if known is not None and known.characters == characters else None
