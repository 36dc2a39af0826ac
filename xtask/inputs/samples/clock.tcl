#!/usr/bin/env tclsh
package require Tk

namespace eval clock {
    variable format "%H:%M:%S"

    proc tick {label} {
        variable format
        $label configure -text [::clock format [::clock seconds] -format $format]
        after 1000 [list clock::tick $label]
    }
}

wm title . "Clock"
label .time -font {Helvetica 48} -foreground blue
button .quit -text "Quit" -command exit
pack .time .quit -side top -padx 10 -pady 10

foreach {key zone} {u UTC l :localtime} {
    bind . <Key-$key> [list puts "zone: $zone"]
}

if {[llength $argv] > 0} {
    set clock::format [lindex $argv 0]
}
clock::tick .time
