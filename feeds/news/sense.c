#include "feeds/news/sense.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct sense_words {
    const char *word, *context; /* context words separated by blanks */
} sense_words;

/* clang-format off */
static const sense_words WORDS[] = {
    {"adobe", "brick bricks church homes house houses mud pueblo village architecture clay hacienda"},
    {"alphabet", "soup letters language script cyrillic phonetic kindergarten ancient"},
    {"amazon", "rainforest river rivers drought basin deforestation indigenous tribe tribes jungle wildfires loggers "
               "logging tributary peruvian ecuador boats dolphins forest species warrior rainforests piranha"},
    {"apple", "growers grower orchard orchards pie cider harvest crop crops juice picking fruit tree trees sauce "
              "farmers blossom pickers farm martini bobbing vinegar pectin strudel"},
    {"arm", "resets mortgage mortgages refinance homeowners homebuyers borrowers army wrestling injury injured "
     "robotic shoulder pitcher tattoo militant militia surgery sleeve biceps "
            "bandage prosthetic amputated amputee shark limb sling fractured broken twist"},
    {"block", "cinder apartment neighborhood neighbourhood senate judge road writer's "
              "chopping bloc stumbling "},
    {"cipher", "cracked decoded code puzzle wwii enigma ancient decrypt letters zodiac caesar"},
    {"coherent", "plan strategy policy message vision argument speech foreign approach sentence response lacking"},
    {"constellation", "satellites satellite orion stars star nasa orbit astronomers telescope sky starlink brands "
                      "zodiac"},
    {"corning", "york mayor museum village"},
    {"credo", "assassin's motto belief philosophy creed thrift living"},
    {"delta", "variant river flood floods mekong niger nile okavango covid cops fishermen marsh"},
    {"dell", "farmer bosky rapids"},
    {"ford", "river harrison betty gerald doug clinic premier stream foundation tom glenn"},
    {"gap", "between gender pay wage wealth income inequality mind age generation skills education funding tube "
            "equality fiscal attainment women racial"},
    {"hut", "storm woods beach tiki pizza mud jungle alpine fishing shepherd's"},
    {"intel", "agencies troop troops spy spies dossier mossad kyiv ukraine cia kremlin "
              "  espionage classified commandos"},
    {"lam", "run fugitive murder suspect prison escapee convict police inmate"},
    {"marvell", "poet andrew"},
    {"match", "football cricket tennis rugby league striker grudge test referee"},
    {"meta", "gamers analysis description tag tags sequels esports "
             " satire"},
    {"micron", "filter particles thick thin particle dust membrane mesh diameter coating film pores micrometre"},
    {"oracle", "omaha blockchain chainlink delphi delphic arena park bone bones prophecy defi ancient temple greek "
               "matrix"},
    {"shell", "shocked collectors egg eggs turtle artillery shells beach crab walnut mortar taco snail"},
    {"snap", "election elections poll polls cold decision judgment vote referendum photo fingers ballot"},
    {"snow", "storm flights ski inches blizzard winter shovel roads avalanche plow"},
    {"snowflake", "unique winter storm paper christmas"},
    {"square", "times root feet foot meters metres miles garden tiananmen trafalgar town dance kilometers"},
    {"target", "    assassination sniper missile terror "},
    {"tesla", "nikola coil coils museum inventions inventor"},
    {"unity", "government national nato allies party coalition purpose church call opposition"},
    {"visa", "application applications applicants student immigration immigrant h1b embassy tourist "
             "passport consulate immigrants overstay dissident denied asylum migrants schengen backlog"},
    {"spy", "balloon balloons agency agencies chief satellite satellites plane ring trial mi6 cia fbi kremlin "
     "scandal thriller "
            "camera cameras"},
    {"amd", "wet macular implant retina retinal ophthalmology degeneration vision"},
    {"crm", "software tools vendors vendor platforms systems small cheap integration"},
    {"now", "time refinance moment"},
    {"zoom", "lens telescope"},
    {"carnival", "parade rio samba mardi notting"},
    {"progressive", "democrats lawmakers caucus party policies activists"},
};
/* clang-format on */

/* Words of many headlines: they speak for the ordinary sense only close to the name. */
static const char WEAK[] =
    " river rivers strategy winter forest star stars police plan policy foreign approach response application "
    "applications systems tools storm paper time unity election poll polls ukraine ";

enum { WORD_COUNT = (int)(sizeof WORDS / sizeof WORDS[0]), SENSE_SLOTS = 128, WEAK_REACH = 2 };

static bool is_weak(const char *word, size_t bytes)
{
    for (const char *at = WEAK + 1; *at != '\0'; at += strcspn(at, " ") + 1)
        if (strcspn(at, " ") == bytes && memcmp(at, word, bytes) == 0)
            return true;
    return false;
}

static unsigned words_in(const char *list)
{
    unsigned count = 0;

    for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
        at += strcspn(at, " ");
        count++;
    }
    return count;
}

static as_sense *slot(const as_senses *senses, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & senses->mask;

    while (senses->sense[at].hash != 0 && senses->sense[at].hash != hash)
        at = (at + 1) & senses->mask;
    return &senses->sense[at];
}

int as_senses_init(as_senses *senses)
{
    unsigned total = 0;

    memset(senses, 0, sizeof *senses);
    for (size_t i = 0; i < WORD_COUNT; i++)
        total += words_in(WORDS[i].context);
    senses->mask = SENSE_SLOTS - 1;
    senses->sense = calloc(SENSE_SLOTS, sizeof *senses->sense);
    senses->context = calloc(total + 1, sizeof *senses->context);
    senses->weak = calloc(total + 1, sizeof *senses->weak);
    if (senses->sense == NULL || senses->context == NULL || senses->weak == NULL) {
        as_senses_fini(senses);
        return -ENOMEM;
    }
    for (size_t i = 0; i < WORD_COUNT; i++) {
        uint64_t hash = as_text_hash(WORDS[i].word, strlen(WORDS[i].word));
        as_sense *sense = slot(senses, hash);

        sense->hash = hash;
        sense->first = (uint16_t)senses->context_count;
        for (const char *at = WORDS[i].context; *at != '\0'; at += strspn(at, " ")) {
            size_t bytes = strcspn(at, " ");

            senses->weak[senses->context_count] = is_weak(at, bytes);
            senses->context[senses->context_count++] = as_text_hash(at, bytes);
            at += bytes;
        }
        sense->count = (uint16_t)(senses->context_count - sense->first);
    }
    return 0;
}

void as_senses_fini(as_senses *senses)
{
    free(senses->sense);
    free(senses->context);
    free(senses->weak);
    memset(senses, 0, sizeof *senses);
}

const as_sense *as_senses_find(const as_senses *senses, uint64_t word_hash)
{
    const as_sense *sense = slot(senses, word_hash);

    return sense->hash == word_hash ? sense : NULL;
}

static bool speaks(const as_senses *senses, const as_sense *sense, const as_text *text, unsigned idx, unsigned away)
{
    for (unsigned k = sense->first; k < (unsigned)sense->first + sense->count; k++)
        if (senses->context[k] == text->token[idx].hash)
            return away <= WEAK_REACH || senses->weak[k] == 0;
    return false;
}

bool as_senses_ordinary(const as_senses *senses, const as_sense *sense, const as_text *text, unsigned first)
{
    for (unsigned i = 0; i < text->token_count; i++)
        if (i != first && speaks(senses, sense, text, i, i > first ? i - first : first - i))
            return true;
    return false;
}

bool as_senses_beside(const as_senses *senses, const as_sense *sense, const as_text *text, unsigned first)
{
    return (first + 1u < text->token_count && speaks(senses, sense, text, first + 1u, 1)) ||
           (first > 0 && speaks(senses, sense, text, first - 1u, 1));
}
