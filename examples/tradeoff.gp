# Draws tradeoff.svg from tradeoff.dat: see tradeoff.c.
set terminal svg size 720,480 font "sans,14" background rgb "white"
set output "tradeoff.svg"
set title "Two minima and a saddle of index 2 of an 8-4-1 network"
set xlabel "margin: least |eigenvalue| of the whitened Hessians"
set ylabel "distance of the targets from the base targets"
set logscale x
set format x "10^{%T}"
set yrange [0:*]
set grid
set key top left
plot "tradeoff.dat" using 1:2 with linespoints pointtype 7 title "nearest targets"
