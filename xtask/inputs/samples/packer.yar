import "pe"

rule packed_program : packer
{
    meta:
        author = "the maintainers"
        description = "A program that unpacks itself"
        date = "2024-04-02"

    strings:
        $magic = { 4D 5A }
        $name = "UPX!" ascii
        $section = /\.upx[0-9]/ nocase
        $jump = { 60 BE ?? ?? ?? ?? 8D BE [4] 57 }

    condition:
        $magic at 0 and filesize < 5MB and
        ($name or #section > 1 or for any i in (0..pe.number_of_sections - 1) : (pe.sections[i].name == "UPX0")) and
        not $jump
}
