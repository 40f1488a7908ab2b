"""Function words of the languages customers write in, folded; they never tell what a complaint is about.

Only the lists. Whether a content word matters is learned from the examples in `embedding.py`.
"""

from __future__ import annotations

_EN = """a about after again all almost already also although always am an and another any anymore anyone anything are
around as at away back be because been before being best better between both but by came can cannot cant could
customer day days did didnt do does doesnt doing done dont down due during each either else even ever every
everything few finally first for from full get gets getting give given go goes going good got great had half has
hasnt have havent having he her here him his how however i id if im in instead into is isnt it its itself ive
just keep keeps kept know last least less let like literally little long look lot made make makes many may maybe
me means might mine month months more most much must my myself need never new next nice no none nor not nothing
now of off often ok okay on once one only or order ordered other our out over own per please plus product put
quite rather really right said same saw say says second see seem seems seen several she should shouldnt since so
some someone something still such sure take takes taken tell than thank thanks that thats the their them then
there these they theyre thing things think this those though three through time times to today together told too
took tried try trying twice two under until up us use used using very want wanted wants was wasnt way we week
weeks well went were werent what when where which while who whole why will with within without wont work worked
works would wouldnt year years yes yesterday yet you your"""
_DE = """aber alle allem allen alles als also am an andere anderen auch auf aus bei beim bereits bin bis bitte da dabei
damit danach dann daran das dass dein dem den denn der des deshalb die dies diese diesem diesen dieser dieses
doch dort du durch eigentlich ein eine einem einen einer eines einfach einmal er erst es etwas euch euer fur
ganz gar geht gekauft gemacht genau gibt gut hab habe haben hat hatte hatten hier hin ich ihm ihn ihnen ihr ihre
ihren im immer in ins ist ja jede jeden jeder jetzt kam kann kaum kein keine keinen kommt konnte leider mal man
mehr mein meine meinem meinen meiner mich mir mit muss nach nicht nichts noch nun nur ob oder ohne schon sehr
sein seine seit sich sie sind so sogar soll sollte sondern sonst tag tage tagen uber um und uns unser unter viel
viele vom von vor war ware waren was weder weil welche wenig wenn wer werde werden wie wieder wir wird wirklich
wo wollte woche wochen wurde wurden zu zum zur zwar zwei zwischen"""
_ES = """a al algo alguien algun ahora ante antes apenas aqui asi aun aunque bien bueno cada casi como con contra cual
cuando cuanto da dan de del desde despues dia dias dice dicen donde dos e el ella ellos en entre era es esa ese
eso esta estaba estan estar este esto estoy fue fueron gracias ha habia hace hacen hacer hacia han has hasta hay
he hora hoy la las le les lo los luego mas me menos mes mi mis mismo mucho muchos muy nada nadie ni ningun
ninguna no nos nosotros o os otra otro otros para pedi pedido pero poco por porque pues puede pueden que quien
quiero se sea segun semana semanas ser si sido siempre sin sino sobre solo son su sus tal tambien tan tanto te
tengo tener tiempo tiene tienen toda todas todavia todo todos tras tres tu un una uno unos va van veces ver vez
y ya yo"""
_FR = """a ai ainsi alors apres as assez au aucun aucune aussi autre autres aux avait avant avec avez avoir bien bon
bonne c ca car ce cela ces cet cette ceux chez comme comment commande d dans de deja depuis dernier des deux
devant dit donc dont du elle elles en encore entre est et etaient etait etant ete etes etre eu eux fait faire
faut fois font heure heures hier il ils j jai jamais je jour jours jusqu juste l la le les leur leurs lors lui m
ma mais malgre me meme merci mes mieux moi moins mois mon n ne ni non nos notre nous on ont ou par parce pas
pendant peu peut plus plusieurs point pour pourtant pouvoir pres puis qu quand que quel quelle quelques qui quoi
rien s sa sans se semaine semaines sera ses si soit son sont sous suis sur ta tant te tellement tes toi ton
toujours tous tout toute toutes tres trois trop tu un une vers veux vos votre vous vraiment y"""
_PT = """a agora ai ainda algo alguem algum alguma ano antes ao aos apenas aqui as assim ate bem boa bom cada com comigo
como compra comprei contra cada da das de dela dele demais depois desde deste dia dias disso diz dizem do dois
dos duas durante e ela elas ele eles em entao entre era essa esse esta estao estar estava este estou eu faz
fazer fez fica ficou foi foram gostei ha hoje hora horas ia isso isto ja la lhe lo loja los mais mas me mesmo
meu meus minha muita muito muitos na nada nao nas nem nenhum nenhuma nessa nesse nesta neste ninguem no nos
nossa nosso num numa nunca o obrigado obrigada onde ontem os ou outra outro outros para pela pelo perfeito pois
por porem porque pra pois produto produtos quais qual quando quanto que quem quero recomendo sao se seja sem
semana semanas sempre ser seu seus sido so sobre sou sua suas tal tambem tao te tem tenho ter teve tinha to toda
todas todo todos tres tu tudo um uma umas uns vai vao veio veja vem ver vez vezes vi voce voces"""
_HI = """\
aap aapka ab abhi agar aisa aise apna apne aur bahut bas bhi bhai bhut bohot chahiye de dena do ek fir gaya gayi
ha hai hain haan hi ho hona hota hoti hu hua hui hum ise iska iske iski isko isme ja jab jaise jata ji jo ka kab
kabhi kar karna karne karo karta karte kary ke ki kiya ko koi kuch kya kyo kyu kyun lagta le liye lo main mai me
mein mera mere meri mujhe na nahi nahin nai nhi ne or par pe phir raha rahe rahi rha rhe rhi sab sabhi sakta se
sir tak tha thi the to toh tum unka us uska usko wala wale wali woh yah yaha yar ye yeh"""

STOP_WORDS: frozenset[str] = frozenset(" ".join((_EN, _DE, _ES, _FR, _PT, _HI)).split())
